//! From a point of the picture to a point of the screen: the projective map of four corners.

/// The map of the picture's four corner points to those of the unit square.
pub(crate) struct Plane([f32; 9]);

impl Plane {
    /// The map that takes the corners (top left, top right, bottom right, bottom left) to (0, 0), (1, 0), (1, 1), (0, 1).
    pub(crate) fn of(corners: [(f32, f32); 4]) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        let (dx1, dx2, dx3) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, dy3) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let determinant = dx1 * dy2 - dx2 * dy1;
        let g = (dx3 * dy2 - dx2 * dy3) / determinant;
        let h = (dx1 * dy3 - dx3 * dy1) / determinant;
        let (a, b, c) = (x1 - x0 + g * x1, x3 - x0 + h * x3, x0);
        let (d, e, f) = (y1 - y0 + g * y1, y3 - y0 + h * y3, y0);
        // The inverse up to a factor, which a projective map does not feel.
        Self([
            e - f * h,
            c * h - b,
            b * f - c * e,
            f * g - d,
            a - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ])
    }

    /// Where the point lies in the unit square, or outside of it.
    #[inline]
    pub(crate) fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_come_back_as_the_unit_square() {
        let corners = [(10.0, 20.0), (110.0, 30.0), (95.0, 140.0), (5.0, 120.0)];
        let plane = Plane::of(corners);
        for ((x, y), (u, v)) in corners.into_iter().zip([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]) {
            let (found_u, found_v) = plane.at(x, y);
            assert!((found_u - u).abs() < 1e-3 && (found_v - v).abs() < 1e-3, "{found_u} {found_v}");
        }
    }
}
