package main

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// line is one curve of a plot.
type line struct {
	name   string
	points []point
}

// drawCurves writes an SVG of times over sizes, both on logarithmic axes.
func drawCurves(file, title, x string, lines []line) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, "p50 in ms"
	p.BackgroundColor = color.White
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = sizes{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	most := 0.0
	for i, l := range lines {
		points := make(plotter.XYs, 0, len(l.points))
		for _, at := range l.points {
			if at.y > 0 {
				points = append(points, plotter.XY{X: float64(at.x), Y: float64(at.y.Microseconds()+1) / 1000})
				most = max(most, points[len(points)-1].Y)
			}
		}
		if len(points) == 0 {
			continue
		}
		curve, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("plot %s: %w", l.name, err)
		}
		curve.Color, dots.Color, dots.Shape = plotutil.Color(i), plotutil.Color(i), draw.CircleGlyph{}
		p.Add(curve, dots)
		p.Legend.Add(l.name, curve, dots)
	}
	if most == 0 {
		return nil
	}
	p.Y.Max = most * 20 // room for the legend
	return p.Save(18*vg.Centimeter, 12*vg.Centimeter, file)
}

// sizes marks an axis in thousands and millions: a longer last mark would not
// fit the margin.
type sizes struct{}

// Ticks is plot.Ticker's.
func (sizes) Ticks(low, high float64) []plot.Tick {
	ticks := plot.LogTicks{Prec: -1}.Ticks(low, high)
	for i, t := range ticks {
		switch {
		case t.Label == "" || t.Value < 1e3:
		case t.Value < 1e6:
			ticks[i].Label = fmt.Sprintf("%gk", t.Value/1e3)
		default:
			ticks[i].Label = fmt.Sprintf("%gM", t.Value/1e6)
		}
	}
	return ticks
}

func sortedLines(curves map[string][]point) []line {
	var lines []line
	for name, points := range curves {
		lines = append(lines, line{name, points})
	}
	slices.SortFunc(lines, func(a, b line) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return lines
}
