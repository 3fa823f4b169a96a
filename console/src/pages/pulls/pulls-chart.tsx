import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useIsDark } from "../../app/theme";
import { formatCount } from "../../parts/text/format";
import type { PullPoint } from "./series";

const HEIGHT_PIXELS = 220;
const DAY_SECONDS = 86_400;

interface Props {
  points: PullPoint[];
  stepSeconds: number;
  /** The name of the time axis. */
  timeLabel: string;
  /** The name of the pulls axis. */
  pullsLabel: string;
  locale: string;
}

/** A bar chart of pulls over time. Screen readers skip it; the page also shows a table. */
export default function PullsChart({
  points,
  stepSeconds,
  timeLabel,
  pullsLabel,
  locale,
}: Props): ReactNode {
  const isDark = useIsDark();
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = container.current;
    if (element === null) {
      return;
    }
    const axisFormat = new Intl.DateTimeFormat(
      locale,
      stepSeconds < DAY_SECONDS
        ? { hour: "2-digit", minute: "2-digit" }
        : { month: "numeric", day: "numeric" },
    );
    const legendFormat = new Intl.DateTimeFormat(
      locale,
      stepSeconds < DAY_SECONDS
        ? { dateStyle: "medium", timeStyle: "short" }
        : { dateStyle: "medium" },
    );
    const colors = isDark
      ? { text: "#aab4c2", line: "#343c48", bars: "#7db4f5" }
      : { text: "#505a68", line: "#e6eaef", bars: "#0b57b5" };
    const axis = {
      stroke: colors.text,
      grid: { stroke: colors.line, width: 1 },
      ticks: { show: false },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PIXELS,
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          x: {
            time: true,
            range: (_, min, max) => [min - stepSeconds / 2, max + stepSeconds / 2],
          },
          y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 70,
            incrs: [1, 2, 3, 4, 6, 7, 12, 14].map((steps) => steps * stepSeconds),
            values: (_, splits) => splits.map((at) => axisFormat.format(at * 1000)),
          },
          {
            ...axis,
            size: 50,
            incrs: [
              1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000,
            ],
            values: (_, splits) => splits.map((value) => formatCount(value, locale)),
          },
        ],
        series: [
          {
            label: timeLabel,
            value: (_, at: number | null) => (at === null ? "–" : legendFormat.format(at * 1000)),
          },
          {
            label: pullsLabel,
            stroke: colors.bars,
            fill: colors.bars,
            paths: uPlot.paths.bars?.({ size: [0.7, 40], align: 0 }) as uPlot.Series.PathBuilder,
            points: { show: false },
            value: (_, value: number | null, __, at: number | null) =>
              at === null ? "–" : formatCount(value ?? 0, locale),
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
        chart.setSize({ width: element.clientWidth, height: HEIGHT_PIXELS });
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [points, stepSeconds, timeLabel, pullsLabel, locale, isDark]);
  return <div ref={container} className="chart" aria-hidden="true" />;
}
