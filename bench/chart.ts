import type { Measured } from './measure.js';
import { floorOf } from './report.js';

/** The part of ECharts that is used here; it is installed in `bench/` only. */
interface ECharts {
  readonly init: (
    element: null,
    theme: null,
    options: object,
  ) => { setOption(option: object): void; renderToSVGString(): string };
}

const NAMES = ['maestro', 'knex', 'emmett'] as const;

/** A chart of all workloads that measure rates: each contender's rate as a fraction of the floor of the same run. */
export async function drawChart(all: readonly Measured[]): Promise<string> {
  const module = 'echarts';
  const { init } = (await import(module)) as ECharts;
  const rates = all.filter(({ workload }) => workload.isTime !== true).toReversed();
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 90 + rates.length * 46 });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      text: 'Speed as a part of raw pg with prepared statements (1 = as fast; logarithmic)',
      textStyle: { fontSize: 14 },
    },
    legend: { top: 28, data: [...NAMES] },
    grid: { left: 110, right: 50, top: 60, bottom: 30 },
    // One workload is far ahead of all others, which would be too small to tell apart.
    xAxis: { type: 'log', min: 0.1, max: 100 },
    yAxis: { type: 'category', data: rates.map(({ workload }) => workload.id) },
    series: NAMES.toReversed().map((name) => ({
      name,
      type: 'bar',
      label: { show: true, position: 'right', fontSize: 10, formatter: '{c}' },
      markLine:
        name === 'maestro'
          ? { silent: true, symbol: 'none', data: [{ xAxis: 1 }], label: { formatter: 'raw pg' } }
          : undefined,
      data: rates.map((measured) => {
        const rate = measured.outcomes[name]?.rate.median;
        const floor = floorOf(measured)?.rate.median;
        return rate === undefined || floor === undefined ? null : Number((rate / floor).toFixed(2));
      }),
    })),
  });
  return chart.renderToSVGString();
}
