// The parts of ECharts that are used; a chunk of its own, fetched with the first chart.
import { BarChart, BoxplotChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { DataZoomComponent, GridComponent, LegendComponent, ParallelComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([
  BarChart, BoxplotChart, CanvasRenderer, DataZoomComponent, GridComponent, LegendComponent, LineChart, ParallelChart, ParallelComponent, ScatterChart,
  TooltipComponent, VisualMapComponent,
]);

export { init };
