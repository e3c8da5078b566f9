// Charts: <div class="lq-chart" data-chart="id of a script type=application/json with an ECharts option">.
import * as echarts from 'echarts/core'
import { BarChart, LineChart, HeatmapChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from 'echarts/components'
import { CanvasRenderer } from 'echarts/renderers'

echarts.use([BarChart, LineChart, HeatmapChart, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, CanvasRenderer])
const family = '"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans SC Variable",sans-serif'

async function draw(root) {
  for (const place of root.querySelectorAll('.lq-chart:not([data-drawn])')) {
    const option = JSON.parse(document.getElementById(place.dataset.chart).textContent)
    place.dataset.drawn = '1'
    // A canvas draws boxes for letters whose font has not come yet.
    await document.fonts.load(`12px "Noto Sans SC Variable"`, JSON.stringify(option)).catch(() => {})
    const chart = echarts.init(place)
    chart.setOption({ textStyle: { fontFamily: family }, animation: false, ...option })
    window.addEventListener('resize', () => chart.resize())
  }
}
draw(document)
document.addEventListener('htmx:afterSwap', (event) => draw(event.detail.target))
