/* One chart on its canvas. The colours are read from the tokens at each drawing, so that a change of
   theme needs a redraw and nothing else. */
(function (charts) {
  "use strict";

  var CLASSES = { critical: "crit", unknown: "unk", warning: "warn", ok: "ok" };
  /* Narrower gaps have no room for words. */
  var NARROWEST_SAID = 28;

  function font(scale) {
    return 11 * scale + "px " + getComputedStyle(document.body).fontFamily;
  }

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  /* Words with a halo, so that a line behind them does not strike them out. */
  function write(ctx, text, x, y, colour) {
    var dpr = window.devicePixelRatio || 1;
    ctx.font = font(dpr);
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineWidth = 4 * dpr;
    ctx.setLineDash([]);
    ctx.strokeStyle = token("sheet");
    ctx.strokeText(text, x, y);
    ctx.fillStyle = token(colour);
    ctx.fillText(text, x, y);
  }

  function drawGaps(u, chart) {
    var ctx = u.ctx, box = u.bbox, dpr = window.devicePixelRatio || 1;
    ctx.save();
    ctx.textAlign = "center";
    charts.gaps(chart.series, chart.from, chart.to).forEach(function (gap) {
      var from = Math.max(u.valToPos(gap[0], "x", true), box.left);
      var to = Math.min(u.valToPos(gap[1], "x", true), box.left + box.width);
      ctx.fillStyle = token("unk-soft");
      ctx.fillRect(from, box.top, to - from, box.height);
    });
    ctx.strokeStyle = token("line");
    ctx.lineWidth = dpr;
    ctx.strokeRect(box.left, box.top, box.width, box.height);
    ctx.restore();
  }

  function drawWords(u, chart) {
    var ctx = u.ctx, box = u.bbox, dpr = window.devicePixelRatio || 1;
    ctx.save();
    ctx.textAlign = "center";
    charts.gaps(chart.series, chart.from, chart.to).forEach(function (gap) {
      var from = u.valToPos(gap[0], "x", true), to = u.valToPos(gap[1], "x", true);
      if (to - from >= NARROWEST_SAID * dpr) {
        write(ctx, charts.words.noData, (from + to) / 2, box.top + box.height - 9 * dpr, "unk");
      }
    });
    ctx.textAlign = "left";
    (chart.series.limits || []).forEach(function (limit, i) {
      var y = u.valToPos(limit.value, "y", true);
      ctx.strokeStyle = token(CLASSES[limit.state]);
      ctx.lineWidth = 1.25 * dpr;
      ctx.setLineDash([6 * dpr, 4 * dpr]);
      ctx.beginPath();
      ctx.moveTo(box.left, y);
      ctx.lineTo(box.left + box.width, y);
      ctx.stroke();
      write(ctx, limit.text, box.left + (12 + i * 96) * dpr, y, CLASSES[limit.state]);
    });
    ctx.restore();
  }

  function axis(width, splits, values) {
    return {
      stroke: function () { return token("ink-2"); },
      grid: { stroke: function () { return token("line"); }, width: 1 },
      ticks: { show: false }, font: font(1), gap: 4, size: width, splits: splits, values: values
    };
  }

  function axes(chart, range) {
    var unit = charts.isBytes(chart.series.unit) ? chart.series.unit : "";
    function times(u) { return charts.ticks(chart.from, chart.to, u.width < 480 ? 5 : 9); }
    return [
      axis(20, times, function (u, marks) {
        return marks.map(function (at) { return charts.time(at, chart.to - chart.from); });
      }),
      axis(58, function () { return charts.middle(range); }, function (u, marks) {
        return marks.map(function (mark) { return charts.amount(mark, unit); });
      })
    ];
  }

  /* One object each: the library writes into them. */
  function edge() {
    return { width: 0, points: { show: false } };
  }

  /* Charts share where the cursor is, not its drag: one drag is one zoom, and one step back. */
  function isMove(type) {
    return type === "mousemove" || type === "mouseleave";
  }

  charts.options = function (chart, box, told) {
    var range = charts.scale(chart.series);
    var colour = chart.isCritical ? "crit" : "act";
    return {
      width: box.width, height: box.height, legend: { show: false }, padding: [6, 16, 0, 0],
      cursor: {
        sync: { key: "page", setSeries: false, filters: { pub: isMove, sub: isMove } }, y: false,
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: function () { return told.back; } }
      },
      scales: { x: { time: false, range: [chart.from, chart.to] }, y: { range: range } },
      axes: axes(chart, range),
      series: [{}, edge(), edge(), {
        stroke: function () { return token(colour); }, width: 1.75, spanGaps: false,
        points: { show: chart.series.times.length <= 60 }
      }],
      bands: [{ series: [2, 1], fill: function () { return token("act-soft"); } }],
      hooks: {
        drawClear: [function (u) { drawGaps(u, chart); }],
        draw: [function (u) { drawWords(u, chart); }],
        setCursor: [function (u) { told.at(u.cursor.idx); }],
        setSelect: [function (u) { told.range(u); }]
      }
    };
  };
}(window.itopsCharts = window.itopsCharts || {}));
