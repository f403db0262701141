//! The picture: lines for the closed form, circles for what was simulated.

use plotters::prelude::*;

use polyseal_examples::program::Result;

/// One way to cut the population.
pub(crate) struct Curve {
    pub(crate) name: String,
    /// Shares of devices and of links.
    pub(crate) expected: Vec<(f64, f64)>,
    pub(crate) simulated: Vec<(f64, f64)>,
}

impl Curve {
    /// Whether, at a simulated point, more than the devices' own links are broken and yet not all: cohorts are falling.
    pub(crate) fn is_between(&self, row: usize) -> bool {
        self.simulated.get(row).is_some_and(|(devices, links)| (devices + 0.005..0.995).contains(links))
    }
}

/// Those who see red and green alike can tell these apart, too.
const COLOURS: [RGBColor; 3] = [RGBColor(0xd5, 0x5e, 0x00), RGBColor(0x00, 0x72, 0xb2), RGBColor(0x00, 0x9e, 0x73)];

#[expect(clippy::arithmetic_side_effects, reason = "a plus sign puts the elements of a legend together")]
pub(crate) fn draw(title: &str, curves: &[Curve]) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1440, 960)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(36)
            .caption(title, ("sans-serif", 33))
            .x_label_area_size(84)
            .y_label_area_size(108)
            .build_cartesian_2d(0.0..1.0, 0.0..1.02)?;
        let percent = |share: &f64| format!("{:.0} %", share * 100.0);
        chart
            .configure_mesh()
            .x_desc("devices broken into (lines: the closed form; circles: simulated)")
            .y_desc("links broken")
            .x_label_formatter(&percent)
            .y_label_formatter(&percent)
            .x_labels(11)
            .y_labels(11)
            .max_light_lines(0)
            .bold_line_style(BLACK.mix(0.12))
            .axis_desc_style(("sans-serif", 27))
            .label_style(("sans-serif", 22))
            .draw()?;
        for (curve, colour) in curves.iter().zip(COLOURS) {
            let points = curve.simulated.iter().map(|point| Circle::new(*point, 6, colour.stroke_width(2)));
            chart.draw_series(points)?;
            chart
                .draw_series(LineSeries::new(curve.expected.iter().copied(), colour.stroke_width(3)))?
                .label(&curve.name)
                .legend(move |(x, y)| {
                    EmptyElement::at((x, y))
                        + PathElement::new([(0, 0), (54, 0)], colour.stroke_width(3))
                        + Circle::new((27, 0), 6, colour.stroke_width(2))
                });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .margin(30)
            .legend_area_size(72)
            .label_font(("sans-serif", 24))
            .background_style(WHITE.mix(0.9))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}
