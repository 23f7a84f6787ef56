//! Scenes as they occur when a person holds the camera or the screen: everything a little, drawn from ranges.

use crate::{Chance, Glare, Scene};

impl Scene {
    /// Held in the hand in good light: tilt, blur, noise, glare, JPEG.
    ///
    /// Ranges: the code fills 70 to 85 % of the height, 20 degrees either way, each corner 5 % either way, blur 0.1 to 0.3 modules,
    /// motion up to 0.5 modules, noise 4 to 16 levels, dark 15 to 50, light 190 to 245, glare up to 60 levels, slope up to 40 levels,
    /// JPEG quality 70 to 92, up to 12 things around. Whoever holds it sees the picture: all of the code is in it, smaller if need be.
    pub fn hand(width: usize, height: usize, chance: &mut Chance) -> Self {
        let mut corner = || (chance.between(-0.05, 0.05), chance.between(-0.05, 0.05));
        let corners = [corner(), corner(), corner(), corner()];
        Self {
            fill: chance.between(0.7, 0.85),
            turn: chance.between(-20.0, 20.0),
            shift: (chance.between(-0.06, 0.06), chance.between(-0.02, 0.02)),
            corners,
            levels: (chance.between(15.0, 50.0), chance.between(190.0, 245.0), chance.between(40.0, 160.0)),
            clutter: chance.below(13),
            blur: chance.between(0.1, 0.3),
            motion: (chance.between(0.0, 0.5), chance.between(0.0, 180.0)),
            glare: Some(glare(60.0, chance)),
            slope: chance.between(-40.0, 40.0),
            noise: chance.between(4.0, 16.0),
            jpeg: Some(70 + chance.below(23) as u32),
            ..Self::clean(width, height)
        }
        .held_inside()
    }

    /// Further away, until the corners of the quiet zone are in the picture.
    fn held_inside(mut self) -> Self {
        let (width, height) = (self.width as f32, self.height as f32);
        let is_inside = |(x, y): (f32, f32)| (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
        while !self.places().into_iter().all(is_inside) {
            self.fill *= 0.98;
            self.shift = (self.shift.0 * 0.98, self.shift.1 * 0.98);
        }
        self
    }

    /// The same in bad light: contrast of 45 to 80 levels, noise 10 to 20 levels, blur 0.25 to 0.4 modules, motion 0.3 to 0.8
    /// modules, JPEG quality 50 to 75.
    pub fn hand_in_bad_light(width: usize, height: usize, chance: &mut Chance) -> Self {
        let dark = chance.between(15.0, 40.0);
        Self {
            levels: (dark, dark + chance.between(45.0, 80.0), chance.between(20.0, 70.0)),
            blur: chance.between(0.25, 0.4),
            motion: (chance.between(0.3, 0.8), chance.between(0.0, 180.0)),
            glare: Some(glare(25.0, chance)),
            slope: chance.between(-15.0, 15.0),
            noise: chance.between(10.0, 20.0),
            jpeg: Some(50 + chance.below(26) as u32),
            ..Self::hand(width, height, chance)
        }
    }
}

fn glare(light: f32, chance: &mut Chance) -> Glare {
    Glare {
        at: (chance.between(0.2, 0.8), chance.between(0.2, 0.8)),
        radius: chance.between(0.1, 0.4),
        light: chance.between(0.0, light),
    }
}
