//! How a code is seen.

use airlock_qr::gray::Gray;

use crate::film::Film;
use crate::plane::Plane;
use crate::{Chance, Symbol};

/// A reflection: a round spot of additional light.
#[derive(Clone, Copy, Debug)]
pub struct Glare {
    /// Its middle, as parts of the picture's width and height.
    pub at: (f32, f32),
    /// Its radius as a part of the picture's height.
    pub radius: f32,
    /// Light added in its middle, in levels.
    pub light: f32,
}

/// Everything between a code on a screen and the bytes of a picture. Lengths in modules are lengths of the code's own squares.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The side of the code with its quiet zone, as a part of the picture's height.
    pub fill: f32,
    /// Rotation in degrees.
    pub turn: f32,
    /// Displacement of the whole, as parts of the side.
    pub shift: (f32, f32),
    /// Displacement of each corner, as parts of the side: perspective.
    pub corners: [(f32, f32); 4],
    /// Modules of the quiet zone.
    pub quiet: f32,
    /// The level of a dark and of a light module, and of what surrounds the code.
    pub levels: (f32, f32, f32),
    /// Things that lie around the code.
    pub clutter: usize,
    /// White on black.
    pub inverted: bool,
    /// Pixels of the screen along a module and the light of the gap between them as a part: a liquid-crystal display.
    pub grid: Option<(f32, f32)>,
    /// Part of another code's frame in this picture.
    pub blend: f32,
    /// Deviation of the focus in modules.
    pub blur: f32,
    /// Length in modules and direction in degrees of a movement during the exposure.
    pub motion: (f32, f32),
    /// A reflection.
    pub glare: Option<Glare>,
    /// Loss of light from the left to the right border, in levels.
    pub slope: f32,
    /// Deviation of the sensor's noise in levels.
    pub noise: f32,
    /// Quality of the compression.
    pub jpeg: Option<u32>,
}

impl Scene {
    /// A code seen straight on, sharp and in good light, that fills 80 % of the height.
    pub fn clean(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            fill: 0.8,
            turn: 0.0,
            shift: (0.0, 0.0),
            corners: [(0.0, 0.0); 4],
            quiet: 4.0,
            levels: (20.0, 235.0, 110.0),
            clutter: 0,
            inverted: false,
            grid: None,
            blend: 0.0,
            blur: 0.0,
            motion: (0.0, 0.0),
            glare: None,
            slope: 0.0,
            noise: 0.0,
            jpeg: None,
        }
    }

    /// Pixels of a module, before perspective.
    pub fn pixels_per_module(&self, symbol: &Symbol) -> f32 {
        self.fill * self.height as f32 / (symbol.size() as f32 + 2.0 * self.quiet)
    }

    /// Takes the picture; `other` is what the screen showed during the rest of the exposure.
    pub fn take(&self, symbol: &Symbol, other: &Symbol, chance: &mut Chance) -> Gray {
        let mut film = self.light(symbol, other, chance);
        let module = self.pixels_per_module(symbol);
        film.blur(self.blur * module);
        film.motion(self.motion.0 * module, self.motion.1.to_radians());
        self.shine(&mut film);
        film.noise(self.noise, chance);
        if let Some(quality) = self.jpeg {
            film.jpeg(quality);
        }
        let pixels = film.light.iter().map(|light| light.round().clamp(0.0, 255.0) as u8).collect();
        Gray::new(self.width, self.height, pixels).expect("the scene has a size that is read")
    }

    /// The light that leaves the screen, three by three samples a pixel.
    fn light(&self, symbol: &Symbol, other: &Symbol, chance: &mut Chance) -> Film {
        let surroundings = self.surroundings(chance);
        let corners = self.places();
        let plane = Plane::of(corners);
        let modules = symbol.size() as f32 + 2.0 * self.quiet;
        let mut light = Vec::with_capacity(self.width * self.height);
        let left = corners.map(|corner| corner.0).into_iter().fold(f32::MAX, f32::min) - 1.0;
        let right = corners.map(|corner| corner.0).into_iter().fold(f32::MIN, f32::max) + 1.0;
        for y in 0..self.height {
            for x in 0..self.width {
                let around = surroundings[y * self.width + x];
                if (x as f32) < left || (x as f32) > right {
                    light.push(around);
                    continue;
                }
                let mut sum = 0.0;
                for sample in 0..9 {
                    let at = (
                        x as f32 + (sample % 3) as f32 / 3.0 + 1.0 / 6.0,
                        y as f32 + (sample / 3) as f32 / 3.0 + 1.0 / 6.0,
                    );
                    let (u, v) = plane.at(at.0, at.1);
                    sum += if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                        self.module(symbol, other, u * modules - self.quiet, v * modules - self.quiet)
                    } else {
                        around
                    };
                }
                light.push(sum / 9.0);
            }
        }
        Film { width: self.width, height: self.height, light }
    }

    /// The light of a point of the screen, in modules from the code's corner.
    fn module(&self, symbol: &Symbol, other: &Symbol, u: f32, v: f32) -> f32 {
        let (dark, bright, _) = self.levels;
        let of = |shown: &Symbol| {
            if shown.is_dark(u.floor() as i32, v.floor() as i32) != self.inverted { dark } else { bright }
        };
        let mut light = of(symbol);
        if self.blend > 0.0 {
            light += self.blend * (of(other) - light);
        }
        if let Some((pitch, gap)) = self.grid {
            let edge = |at: f32| (at * pitch).rem_euclid(1.0) > 0.8;
            if edge(u) || edge(v) {
                light *= gap;
            }
        }
        light
    }

    /// Where the corners of the quiet zone lie in the picture.
    pub(crate) fn places(&self) -> [(f32, f32); 4] {
        let side = self.fill * self.height as f32;
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let square = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
        std::array::from_fn(|corner| {
            let x = (square[corner].0 + self.corners[corner].0) * side;
            let y = (square[corner].1 + self.corners[corner].1) * side;
            (
                self.width as f32 / 2.0 + self.shift.0 * side + x * cos - y * sin,
                self.height as f32 / 2.0 + self.shift.1 * side + x * sin + y * cos,
            )
        })
    }

    /// What lies around the screen: rectangles of any brightness.
    fn surroundings(&self, chance: &mut Chance) -> Vec<f32> {
        let mut around = vec![self.levels.2; self.width * self.height];
        for _ in 0..self.clutter {
            let (left, top) = (chance.below(self.width), chance.below(self.height));
            let (wide, high) = (chance.below(self.width / 4) + 2, chance.below(self.height / 4) + 2);
            let light = chance.between(10.0, 200.0);
            for y in top..(top + high).min(self.height) {
                around[y * self.width + left..y * self.width + (left + wide).min(self.width)].fill(light);
            }
        }
        around
    }

    /// Adds reflections and takes away what does not reach the right border.
    fn shine(&self, film: &mut Film) {
        let (width, height) = (self.width as f32, self.height as f32);
        for (y, row) in film.light.chunks_exact_mut(self.width).enumerate() {
            for (x, light) in row.iter_mut().enumerate() {
                *light -= self.slope * (x as f32 / width);
                if let Some(glare) = self.glare {
                    let distance = (x as f32 - glare.at.0 * width).hypot(y as f32 - glare.at.1 * height);
                    *light += glare.light * (-(distance / (glare.radius * height)).powi(2)).exp();
                }
            }
        }
    }
}
