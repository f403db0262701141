"""The picture: derivation time against threshold, both logarithmic; ours as curves, the peers as horizontal lines."""

from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 960, 600
LEFT, RIGHT, TOP, BOTTOM = 70, 640, 56, 536
COLOURS = {"portable": "#c2410c", "avx2": "#1d4ed8"}
LINE_OF_TEXT = 17


def draw(curves, lines, crossings):
    """An SVG. `curves`: backend to (t, ns); `lines`: peer to ns; `crossings`: (backend, peer, t, is it the parity?)."""
    scale = Scale([t for curve in curves.values() for t, _ in curve],
                  [ns for curve in curves.values() for _, ns in curve] + list(lines.values()))
    parts = [frame(scale), *(peer(scale, line) for line in labelled(scale, lines))]
    parts += [curve(scale, *item) for item in curves.items()]
    parts += [mark(scale, lines, *item) for item in crossings]
    parts.append(legend(curves))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="Helvetica, Arial, sans-serif" font-size="13">\n' + "\n".join(parts) + "\n</svg>\n")


class Scale:
    def __init__(self, thresholds, times):
        self.thresholds = sorted(set(thresholds))
        self.x_ends = (log10(min(thresholds)), log10(max(thresholds)))
        self.y_ends = (floor(log10(min(times))), log10(max(times) * 1.25))

    def x(self, t):
        low, high = self.x_ends
        return round(LEFT + (RIGHT - LEFT) * (log10(t) - low) / (high - low), 1)

    def y(self, ns):
        low, high = self.y_ends
        return round(BOTTOM - (BOTTOM - TOP) * (log10(ns) - low) / (high - low), 1)


def frame(scale):
    out = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           text(LEFT, 26, "Time to derive the key that two parties share", size=17, weight="bold"),
           text((LEFT + RIGHT) / 2, HEIGHT - 16, "threshold t of the polynomial (logarithmic)", anchor="middle"),
           text(LEFT, TOP - 10, "CPU time (logarithmic)")]
    for t in scale.thresholds:
        out += [segment(scale.x(t), TOP, scale.x(t), BOTTOM, "#e5e7eb"),
                text(scale.x(t), BOTTOM + 20, str(t), anchor="middle")]
    low, high = scale.y_ends
    for exponent in range(low, ceil(high) + 1):
        for digit in (1, 2, 5):
            ns = digit * 10**exponent
            if low <= log10(ns) <= high:
                out += [segment(LEFT, scale.y(ns), RIGHT, scale.y(ns), "#e5e7eb"),
                        text(LEFT - 8, scale.y(ns) + 4, time(ns), anchor="end", size=12)]
    return "\n".join(out)


def labelled(scale, lines):
    """Each peer with the height of its line and that of its label: labels are pushed apart until none is on another."""
    ordered = sorted((scale.y(ns), name, ns) for name, ns in lines.items())
    labels = [y for y, _, _ in ordered]
    for _ in range(200):
        for i in range(len(labels) - 1):
            lack = LINE_OF_TEXT - (labels[i + 1] - labels[i])
            if lack > 0.01:
                labels[i] -= lack / 2
                labels[i + 1] += lack / 2
    return [(y, round(label, 1), name, ns) for (y, name, ns), label in zip(ordered, labels)]


def peer(scale, line):
    y, label, name, ns = line
    return "\n".join([segment(LEFT, y, RIGHT, y, "#4b5563", dash="5 4"),
                      segment(RIGHT, y, RIGHT + 16, label, "#9ca3af"),
                      text(RIGHT + 20, label + 4, f"{name}: {time(ns)}", size=12)])


def curve(scale, backend, points):
    line = " ".join(f"{scale.x(t)},{scale.y(ns)}" for t, ns in between(points))
    dots = [f'<circle cx="{scale.x(t)}" cy="{scale.y(ns)}" r="3.5" fill="{COLOURS[backend]}"/>' for t, ns in points]
    return "\n".join([f'<polyline points="{line}" fill="none" stroke="{COLOURS[backend]}" stroke-width="2.5"/>', *dots])


def between(points, steps=8):
    """The points, and others between them: our time is linear in t, which is no straight line here."""
    for (t, ns), (next_t, next_ns) in zip(points, points[1:]):
        for step in range(steps):
            yield t + (next_t - t) * step / steps, ns + (next_ns - ns) * step / steps
    yield points[-1]


def mark(scale, lines, backend, peer_name, t, parity):
    x, y = scale.x(t), scale.y(lines[peer_name])
    ring = f'<circle cx="{x}" cy="{y}" r="{6 if parity else 4}" fill="#ffffff" stroke="{COLOURS[backend]}" stroke-width="2"/>'
    if not parity:
        return ring
    drop = segment(x, y + 6, x, BOTTOM, COLOURS[backend], dash="2 3")
    return "\n".join([drop, ring, text(x - 5, BOTTOM - 8, f"t = {t}", "end", colour=COLOURS[backend], weight="bold")])


def legend(curves):
    out = [f'<rect x="{LEFT + 10}" y="{TOP + 10}" width="212" height="{(len(curves) + 1) * 20 + 10}" fill="#ffffff" '
           'stroke="#d1d5db"/>']
    for i, backend in enumerate(curves):
        y = TOP + 30 + 20 * i
        out += [segment(LEFT + 20, y - 4, LEFT + 44, y - 4, COLOURS[backend], width=2.5),
                text(LEFT + 52, y, f"polyseal, {backend}", colour=COLOURS[backend], weight="bold")]
    y = TOP + 30 + 20 * len(curves)
    out += [f'<circle cx="{LEFT + 32}" cy="{y - 4}" r="4" fill="#ffffff" stroke="#4b5563" stroke-width="2"/>',
            text(LEFT + 52, y, "as fast as theirs")]
    return "\n".join(out)


def segment(x1, y1, x2, y2, colour, dash=None, width=1):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"{dashes}/>'


def text(x, y, words, anchor="start", size=13, weight="normal", colour="#111827"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
            f'fill="{colour}">{escape(words)}</text>')


def time(ns):
    if ns >= 1e6:
        return f"{ns / 1e6:.3g} ms"
    return f"{ns / 1e3:.3g} µs"
