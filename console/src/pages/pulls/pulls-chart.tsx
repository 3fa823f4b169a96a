import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../../parts/text/format";

interface Props {
  points: { at: string; pulls: number }[];
  stepSeconds: number;
  label: string;
  pulls: string;
  locale: string;
}

/** Bars over time. For whoever does not see it there is a table beside it. */
export default function Chart({ points, stepSeconds, label, pulls, locale }: Props): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    const short = new Intl.DateTimeFormat(
      locale,
      stepSeconds < 86_400
        ? { hour: "2-digit", minute: "2-digit" }
        : { month: "numeric", day: "numeric" },
    );
    const long = new Intl.DateTimeFormat(
      locale,
      stepSeconds < 86_400 ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" },
    );
    const axis = {
      stroke: "#505a68",
      grid: { stroke: "#e6eaef", width: 1 },
      ticks: { show: false },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: 220,
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          x: {
            time: true,
            range: (_, least, most) => [least - stepSeconds / 2, most + stepSeconds / 2],
          },
          y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 70,
            incrs: [1, 2, 3, 4, 6, 7, 12, 14].map((steps) => steps * stepSeconds),
            values: (_, splits) => splits.map((at) => short.format(at * 1000)),
          },
          {
            ...axis,
            size: 50,
            incrs: [
              1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000,
            ],
            values: (_, splits) => splits.map((value) => count(value, locale)),
          },
        ],
        series: [
          {
            label: label,
            value: (_, at: number | null) => (at === null ? "–" : long.format(at * 1000)),
          },
          {
            label: pulls,
            stroke: "#0b57b5",
            fill: "#0b57b5",
            paths: uPlot.paths.bars?.({ size: [0.7, 40], align: 0 }) as uPlot.Series.PathBuilder,
            points: { show: false },
            value: (_, value: number | null, __, at: number | null) =>
              at === null ? "–" : count(value ?? 0, locale),
          },
        ],
      },
      [
        points.map(({ at }) => Date.parse(at) / 1000),
        points.map((point) => (point.pulls === 0 ? null : point.pulls)),
      ],
      element,
    );
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) {
        chart.setSize({ width: element.clientWidth, height: 220 });
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [points, stepSeconds, label, pulls, locale]);
  return <div ref={place} className="chart" aria-hidden="true" />;
}
