//! What lens, sensor and compression do to the light.

use std::f32::consts::PI;

use crate::Chance;

/// Light on the sensor: row by row, 0 black to 255 white and beyond.
pub(crate) struct Film {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) light: Vec<f32>,
}

impl Film {
    /// Out of focus: a Gaussian of this deviation in pixels.
    pub(crate) fn blur(&mut self, deviation: f32) {
        if deviation < 0.05 {
            return;
        }
        let reach = (3.0 * deviation).ceil() as usize;
        let weight = |at: usize| (-0.5 * (at as f32 / deviation).powi(2)).exp();
        let mut kernel: Vec<f32> = (0..=reach).map(weight).collect();
        let sum = kernel[0] + 2.0 * kernel[1..].iter().sum::<f32>();
        kernel.iter_mut().for_each(|weight| *weight /= sum);
        let kernel: Vec<f32> = kernel[1..].iter().rev().chain(&kernel).copied().collect();
        // Rows, written as columns, twice: both directions in one memory order.
        for _ in 0..2 {
            let mut turned = vec![0.0; self.light.len()];
            let mut padded = vec![0.0; self.width + 2 * reach];
            for (y, row) in self.light.chunks_exact(self.width).enumerate() {
                padded[..reach].fill(row[0]);
                padded[reach..reach + self.width].copy_from_slice(row);
                padded[reach + self.width..].fill(row[self.width - 1]);
                for x in 0..self.width {
                    let sum: f32 =
                        kernel.iter().zip(&padded[x..]).map(|(weight, light)| weight * light).sum();
                    turned[x * self.height + y] = sum;
                }
            }
            self.light = turned;
            std::mem::swap(&mut self.width, &mut self.height);
        }
    }

    /// Moved during the exposure: the mean along a line of this length in pixels.
    pub(crate) fn motion(&mut self, length: f32, direction: f32) {
        let steps = length.round() as i32;
        if steps < 1 {
            return;
        }
        let mut moved = vec![0.0; self.light.len()];
        for step in 0..=steps {
            let along = length * (step as f32 / steps as f32 - 0.5);
            let (dx, dy) =
                ((along * direction.cos()).round() as isize, (along * direction.sin()).round() as isize);
            for y in 0..self.height {
                let from_y = y.saturating_add_signed(dy).min(self.height - 1);
                for x in 0..self.width {
                    let from_x = x.saturating_add_signed(dx).min(self.width - 1);
                    moved[y * self.width + x] += self.light[from_y * self.width + from_x];
                }
            }
        }
        let count = (steps + 1) as f32;
        self.light = moved.into_iter().map(|sum| sum / count).collect();
    }

    /// Noise of the sensor, of this deviation in levels.
    pub(crate) fn noise(&mut self, deviation: f32, chance: &mut Chance) {
        if deviation > 0.0 {
            self.light.iter_mut().for_each(|light| *light += deviation * chance.normal());
        }
    }

    /// JPEG of this quality, 1 to 100: the rounding of each 8 x 8 block's frequencies. The rest of JPEG loses nothing.
    pub(crate) fn jpeg(&mut self, quality: u32) {
        let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let table = LUMINANCE.map(|step| ((step * scale + 50) / 100).clamp(1, 255) as f32);
        let mut waves = [[0.0_f32; 8]; 8];
        for (frequency, wave) in waves.iter_mut().enumerate() {
            let height = if frequency == 0 { (1.0_f32 / 8.0).sqrt() } else { 0.5 };
            for (x, value) in wave.iter_mut().enumerate() {
                *value = height * ((2 * x + 1) as f32 * frequency as f32 * PI / 16.0).cos();
            }
        }
        for top in (0..self.height / 8).map(|block| 8 * block) {
            for left in (0..self.width / 8).map(|block| 8 * block) {
                let mut block = [[0.0_f32; 8]; 8];
                for (y, row) in block.iter_mut().enumerate() {
                    let start = (top + y) * self.width + left;
                    for (value, light) in row.iter_mut().zip(&self.light[start..]) {
                        *value = light.round().clamp(0.0, 255.0) - 128.0;
                    }
                }
                let mut frequencies = product(&product(&waves, &block), &transposed(&waves));
                for (value, step) in frequencies.iter_mut().flatten().zip(table) {
                    *value = (*value / step).round() * step;
                }
                let block = product(&product(&transposed(&waves), &frequencies), &waves);
                for (y, row) in block.iter().enumerate() {
                    let start = (top + y) * self.width + left;
                    for (value, light) in row.iter().zip(&mut self.light[start..]) {
                        *light = value + 128.0;
                    }
                }
            }
        }
    }
}

fn product(a: &[[f32; 8]; 8], b: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut result = [[0.0; 8]; 8];
    for (row, of_a) in result.iter_mut().zip(a) {
        for (factor, of_b) in of_a.iter().zip(b) {
            for (sum, value) in row.iter_mut().zip(of_b) {
                *sum += factor * value;
            }
        }
    }
    result
}

fn transposed(a: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    std::array::from_fn(|y| std::array::from_fn(|x| a[x][y]))
}

/// The usual quantization of brightness (ITU-T T.81, table K.1).
const LUMINANCE: [u32; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_changes_little_and_less_at_high_quality() {
        let mut chance = Chance::new(1);
        let light: Vec<f32> = (0..64 * 64).map(|_| chance.between(0.0, 255.0).round()).collect();
        let loss = |quality| {
            let mut film = Film { width: 64, height: 64, light: light.clone() };
            film.jpeg(quality);
            film.light.iter().zip(&light).map(|(a, b)| (a - b).abs()).sum::<f32>() / light.len() as f32
        };
        assert!(loss(100) < 1.0 && loss(100) < loss(75) && loss(75) < loss(30), "{} {}", loss(100), loss(75));
    }

    #[test]
    fn blur_keeps_the_light_and_the_shape() {
        let mut film = Film { width: 30, height: 20, light: vec![0.0; 600] };
        film.light[10 * 30 + 12] = 900.0;
        film.blur(2.0);
        assert_eq!((film.width, film.height), (30, 20));
        assert!((film.light.iter().sum::<f32>() - 900.0).abs() < 1.0);
        assert!(film.light[10 * 30 + 12] > film.light[10 * 30 + 13]);
        assert!((film.light[9 * 30 + 12] - film.light[10 * 30 + 11]).abs() < 1e-3);
    }
}
