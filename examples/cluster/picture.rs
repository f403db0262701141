//! Latency and throughput over time, with a line at each moment at which something was killed.

use core::iter::once;

use plotters::prelude::*;

use crate::Result;
use crate::figures::{Figures, Mark, percentile};

const LATENCY: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const RATE: RGBColor = RGBColor(0x00, 0x9e, 0x73);
const KILL: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// A second of the run: its orders, and the slowest but one in a hundred of them.
fn seconds(latencies: &[(f64, f64)], end: f64) -> Vec<(f64, f64, f64)> {
    let mut second = 0.0;
    let mut all = Vec::new();
    while second + 1.0 < end {
        let within = latencies.iter().filter(|(at, _)| (second..second + 1.0).contains(at));
        let within: Vec<f64> = within.map(|(_, latency)| latency * 1000.0).collect();
        let count = within.iter().map(|_| 1.0).sum();
        all.push((second + 0.5, count, percentile(&within, 99)));
        second += 1.0;
    }
    all
}

/// The picture, as SVG.
pub(crate) fn draw(figures: &Figures) -> Result<String> {
    let (end, latencies) = (figures.seconds(), figures.latencies());
    let seconds = seconds(&latencies, end);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1440, 960)).into_drawing_area();
        area.fill(&WHITE)?;
        let (upper, lower) = area.split_vertically(480);
        let slowest = seconds.iter().map(|(_, _, slow)| *slow).fold(1.0, f64::max);
        let rates: Vec<_> = seconds.iter().map(|(at, count, _)| (*at, *count)).collect();
        let busiest = seconds.iter().map(|(_, count, _)| *count).fold(1.0, f64::max);
        panel(&lower, ("orders a second", end, busiest), &[rates], RATE, figures)?;
        // Where nothing was answered there is no line.
        let answered = seconds.split(|(_, count, _)| *count == 0.0);
        let slow: Vec<Vec<_>> = answered.map(|each| each.iter().map(|(at, _, slow)| (*at, *slow)).collect()).collect();
        panel(&upper, ("until the first answer, 99 in a hundred, ms", end, slowest), &slow, LATENCY, figures)?;
        area.present()?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn panel(
    area: &Area<'_>,
    (name, end, most): (&str, f64, f64),
    lines: &[Vec<(f64, f64)>],
    colour: RGBColor,
    figures: &Figures,
) -> Result<()> {
    let mut chart = ChartBuilder::on(area)
        .margin(30)
        .x_label_area_size(60)
        .y_label_area_size(100)
        .build_cartesian_2d(0.0..end, 0.0..most * 1.1)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .x_desc("seconds (thin: a process is killed; thick: the database crashes)")
        .y_desc(name)
        .disable_x_mesh()
        .bold_line_style(BLACK.mix(0.12))
        .max_light_lines(0)
        .axis_desc_style(("sans-serif", 24))
        .label_style(("sans-serif", 20))
        .draw()
        .map_err(|error| error.to_string())?;
    for (at, mark) in figures.marks() {
        let style = match mark {
            Mark::Kill => KILL.mix(0.35).stroke_width(1),
            Mark::Crash => KILL.stroke_width(3),
            Mark::Roll | Mark::Revoke => continue,
        };
        let line = [(at, 0.0), (at, most * 1.1)];
        chart.draw_series(once(PathElement::new(line, style))).map_err(|error| error.to_string())?;
    }
    for line in lines {
        let line = LineSeries::new(line.iter().copied(), colour.stroke_width(2)).point_size(2);
        chart.draw_series(line).map_err(|error| error.to_string())?;
    }
    Ok(())
}
