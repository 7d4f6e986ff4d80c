/* Charts: a canvas in the place of the server's picture, with zoom and a shared cursor.
   The colours are read from the tokens at each drawing; the figures below stay a table. */
(function () {
  "use strict";

  var MINUTE = 60, HOUR = 3600, DAY = 86400;
  var LATE_STEPS = 2.5;
  var UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
  var CLASSES = { critical: "crit", unknown: "unk", warning: "warn", ok: "ok" };
  var words = document.getElementById("chart-words");
  var figures = Array.from(document.querySelectorAll("figure.plot[data-series]"));
  var charts = [];
  if (!words || !window.uPlot || !figures.length) {
    return;
  }

  /* The hospital's zone, not the browser's: times on one page must agree. */
  var zone = words.dataset.zone;
  var sync = uPlot.sync("page");

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function size(value) {
    var unit = 0;
    while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return value.toFixed(unit && Math.abs(value) < 9.95 ? 1 : 0) + " " + UNITS[unit];
  }

  function amount(value, unit) {
    if (value === null || value === undefined) {
      return words.dataset.unknown;
    }
    if (unit === "B" || unit === "B/s") {
      return size(value) + unit.slice(1);
    }
    var decimals = value === Math.round(value) ? 0 : Math.abs(value) < 1 ? 2 : 1;
    if (unit === "%") {
      decimals = value > 99 && value < 100 ? 1 : value >= 9.95 ? 0 : Math.min(decimals, 1);
      value = value > 99 && value < 100 ? Math.min(value, 99.9) : value;
    }
    return (value.toFixed(decimals) + " " + unit).trim();
  }

  /* "sv" writes 2026-11-23 10:06: cut it as the span needs. */
  var full = new Intl.DateTimeFormat("sv", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"
  });

  function time(epoch, span) {
    var text = full.format(new Date(epoch * 1000));
    if (span <= 2 * DAY) {
      return text.slice(11, 16);
    }
    return span <= 120 * DAY ? text.slice(5, 10) : text.slice(0, 7);
  }

  function instant(epoch) {
    return full.format(new Date(epoch * 1000)).slice(5, 16);
  }

  /* A missing sample is a gap: put a null where the next point comes too late. */
  function withGaps(series) {
    var late = LATE_STEPS * series.step;
    var out = { times: [], values: [], low: [], high: [] };
    series.times.forEach(function (at, i) {
      var before = out.times[out.times.length - 1];
      if (before !== undefined && at - before > late) {
        push(out, before + series.step, null, null, null);
      }
      push(out, at, series.values[i], (series.low || [])[i], (series.high || [])[i]);
    });
    return out;
  }

  function push(out, at, value, low, high) {
    out.times.push(at);
    out.values.push(value);
    out.low.push(low === undefined ? null : low);
    out.high.push(high === undefined ? null : high);
  }

  /* Stretches without data, for their ground. */
  function gaps(series, from, to) {
    var late = LATE_STEPS * series.step;
    var found = [];
    var before = from;
    series.times.forEach(function (at, i) {
      if (series.values[i] === null) {
        return;
      }
      if (at - before > late) {
        found.push([before, at]);
      }
      before = at;
    });
    if (to - before > late) {
      found.push([before, to]);
    }
    return found;
  }

  function range(series) {
    var limits = (series.limits || []).map(function (limit) { return limit.value; });
    var seen = series.values.concat(series.high || [], limits).filter(function (value) {
      return value !== null && value !== undefined;
    });
    var top = Math.max.apply(null, seen.concat([0]));
    if (series.unit === "%") {
      return [0, 100];
    }
    if (series.unit === "°C" && seen.length) {
      var low = Math.min.apply(null, seen.concat(series.low || []).filter(function (value) {
        return value !== null && value !== undefined;
      }));
      return [Math.floor((low - 2) / 10) * 10, Math.ceil((top + 2) / 10) * 10];
    }
    return [0, roundUp(top, series.unit.charAt(0) === "B")];
  }

  function roundUp(value, isBytes) {
    if (value <= 0) {
      return 1;
    }
    if (isBytes) {
      return Math.pow(2, Math.ceil(Math.log2(value)));
    }
    var power = Math.pow(10, Math.floor(Math.log10(value)));
    return [1, 2, 5, 10].map(function (step) { return step * power; }).find(function (round) {
      return round >= value;
    });
  }

  function drawGround(chart) {
    var u = chart.plot, ctx = u.ctx, box = u.bbox, dpr = devicePixelRatio || 1;
    ctx.save();
    ctx.font = 11 * dpr + "px sans-serif";
    ctx.textAlign = "center";
    gaps(chart.series, u.scales.x.min, u.scales.x.max).forEach(function (gap) {
      var from = Math.max(u.valToPos(gap[0], "x", true), box.left);
      var to = Math.min(u.valToPos(gap[1], "x", true), box.left + box.width);
      ctx.fillStyle = token("unk-soft");
      ctx.fillRect(from, box.top, to - from, box.height);
      if (to - from > 56 * dpr) {
        ctx.fillStyle = token("unk");
        ctx.fillText(words.dataset.noData, (from + to) / 2, box.top + box.height - 6 * dpr);
      }
    });
    ctx.restore();
  }

  function drawLimits(chart) {
    var u = chart.plot, ctx = u.ctx, box = u.bbox, dpr = devicePixelRatio || 1;
    ctx.save();
    ctx.font = 11 * dpr + "px sans-serif";
    ctx.textBaseline = "middle";
    (chart.series.limits || []).forEach(function (limit, i) {
      var y = u.valToPos(limit.value, "y", true);
      var text = words.dataset[limit.state] + " " + amount(limit.value, chart.series.unit);
      var x = box.left + (12 + i * 96) * dpr;
      ctx.strokeStyle = ctx.fillStyle = token(CLASSES[limit.state]);
      ctx.lineWidth = 1.25 * dpr;
      ctx.setLineDash([6 * dpr, 4 * dpr]);
      ctx.beginPath();
      ctx.moveTo(box.left, y);
      ctx.lineTo(box.left + box.width, y);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = token("sheet");
      ctx.fillRect(x - 3 * dpr, y - 7 * dpr, ctx.measureText(text).width + 6 * dpr, 14 * dpr);
      ctx.fillStyle = token(CLASSES[limit.state]);
      ctx.fillText(text, x, y);
    });
    ctx.restore();
  }

  function axis(values, width) {
    return {
      stroke: function () { return token("ink-2"); },
      grid: { stroke: function () { return token("line"); }, width: 1 },
      ticks: { show: false }, font: "11px sans-serif", gap: 4, size: width, values: values
    };
  }

  function options(chart, box) {
    var series = chart.series;
    var line = chart.isCritical ? "crit" : "act";
    var band = { stroke: null, width: 0, points: { show: false } };
    return {
      width: box.width, height: box.height, legend: { show: false }, pxAlign: 1,
      tzDate: function (epoch) { return new Date(epoch * 1000); },
      cursor: {
        sync: { key: sync.key, setSeries: false }, y: false,
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: function () { return function () { history.back(); }; } }
      },
      scales: { x: { time: false, range: [chart.from, chart.to] }, y: { range: range(series) } },
      axes: [
        Object.assign(axis(function (u, ticks) {
          return ticks.map(function (at) { return time(at, chart.to - chart.from); });
        }, 20), { splits: function () { return ticks(chart.from, chart.to); } }),
        axis(function (u, marks) {
          return marks.map(function (mark) { return amount(mark, series.unit).replace(" %", ""); });
        }, 56)
      ],
      series: [
        {},
        { stroke: function () { return token(line); }, width: 1.75, spanGaps: false,
          points: { show: series.times.length <= 60 } },
        band, band
      ],
      bands: [{ series: [3, 2], fill: function () { return token("act-soft"); } }],
      hooks: {
        drawClear: [function (u) { chart.plot = u; drawGround(chart); }],
        draw: [function () { drawLimits(chart); }],
        setCursor: [function (u) { show(chart, u.cursor.idx); }],
        setSelect: [function (u) { zoom(u); }]
      }
    };
  }

  /* Round local times: the zone's offset is the same for a whole hour, so steps start at its midnight. */
  function ticks(from, to) {
    var span = to - from;
    var step = [15 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY, 61 * DAY].find(function (each) {
      return span / each <= 9;
    }) || 122 * DAY;
    var text = full.format(new Date(from * 1000));
    var first = from - (Number(text.slice(11, 13)) * HOUR + Number(text.slice(14, 16)) * MINUTE +
      Number(text.slice(17, 19)));
    var found = [];
    for (var at = first; at <= to; at += step) {
      if (at >= from) {
        found.push(at);
      }
    }
    return found;
  }

  function show(chart, index) {
    var at = index === null || index === undefined ? null : chart.data[0][index];
    chart.last.textContent = at === null ? chart.lastText
      : amount(chart.data[1][index], chart.series.unit);
    chart.note.textContent = at === null ? chart.noteText : instant(at);
  }

  /* A range drawn with the mouse goes into the address, so that it can be sent to somebody. */
  function zoom(u) {
    var from = Math.floor(u.posToVal(u.select.left, "x"));
    var to = Math.ceil(u.posToVal(u.select.left + u.select.width, "x"));
    if (u.select.width < 8 || u.cursor.event === null) {
      return;
    }
    var address = new URL(location.href);
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    history.pushState({ from: from, to: to }, "", address);
    showRange(from, to);
  }

  function showRange(from, to) {
    charts.forEach(function (chart) { load(chart, from, to); });
  }

  function load(chart, from, to) {
    var address = new URL(chart.figure.dataset.series, location.href);
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    chart.wanted = from + "-" + to;
    fetch(address, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return answer.json();
    }).then(function (series) {
      if (chart.wanted === from + "-" + to) {
        draw(chart, series, from, to);
      }
    }).catch(function () {
      /* The server's picture stays, and with it the truth of when it was drawn. */
    });
  }

  function draw(chart, series, from, to) {
    var ready = withGaps(series);
    chart.series = series;
    chart.from = from;
    chart.to = to;
    chart.data = [ready.times, ready.values, ready.low, ready.high];
    if (chart.plot) {
      chart.plot.destroy();
    }
    chart.picture.hidden = true;
    chart.place.hidden = false;
    chart.plot = new uPlot(options(chart, measure(chart)), chart.data, chart.place);
    figuresOf(chart);
  }

  function measure(chart) {
    return { width: chart.place.clientWidth, height: innerWidth >= 1600 ? 200 : 148 };
  }

  /* The table under the chart tells the same stretch of time as the chart. */
  function figuresOf(chart) {
    var rows = Array.from(chart.figure.querySelectorAll("details tbody tr"));
    var width = (chart.to - chart.from) / rows.length;
    rows.forEach(function (row, i) {
      var begin = chart.from + i * width;
      var values = chart.series.values.filter(function (value, n) {
        var at = chart.series.times[n];
        return value !== null && at >= begin && at < begin + width;
      });
      var sum = values.reduce(function (total, value) { return total + value; }, 0);
      var known = values.length > 0;
      [instant(begin), known ? sum / values.length : null,
        known ? Math.min.apply(null, values) : null, known ? Math.max.apply(null, values) : null
      ].forEach(function (cell, n) {
        row.cells[n].textContent = n ? amount(cell, chart.series.unit) : cell;
      });
    });
  }

  function begin(figure) {
    var place = document.createElement("div");
    var picture = figure.querySelector(".axes");
    place.className = "canvas";
    place.title = words.dataset.zoom;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", picture.querySelector("svg").getAttribute("aria-label"));
    place.hidden = true;
    picture.after(place);
    var last = figure.querySelector(".last"), note = figure.querySelector(".at");
    charts.push({
      figure: figure, place: place, picture: picture, last: last, note: note,
      lastText: last.textContent, noteText: note.textContent,
      isCritical: last.classList.contains("crit"), plot: null
    });
  }

  function first() {
    return { from: Number(figures[0].dataset.from), to: Number(figures[0].dataset.to) };
  }

  function redraw() {
    charts.forEach(function (chart) {
      if (chart.plot) {
        chart.plot.setSize(measure(chart));
      }
    });
  }

  figures.forEach(begin);
  showRange(first().from, first().to);
  addEventListener("popstate", function (event) {
    var range = event.state && event.state.from ? event.state : first();
    showRange(range.from, range.to);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && history.state && history.state.from) {
      history.back();
    }
  });
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}());
