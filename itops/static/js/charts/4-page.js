/* The charts of a page: each takes the place of the server's picture once its figures are here. They
   share the cursor and the range; the range stands in the address, so that it can be sent to somebody. */
(function (charts) {
  "use strict";

  var NARROWEST_ZOOM = 8;
  var figures = Array.from(document.querySelectorAll("figure.plot[data-series]"));
  var all = [];
  if (!charts.words || !window.uPlot || !figures.length) {
    return;
  }

  function begin(figure) {
    var place = document.createElement("div");
    var picture = figure.querySelector(".axes");
    place.className = "canvas";
    place.title = charts.words.zoom;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", picture.querySelector("svg").getAttribute("aria-label"));
    place.hidden = true;
    picture.after(place);
    var last = figure.querySelector(".last"), note = figure.querySelector(".at");
    all.push({
      figure: figure, place: place, picture: picture, last: last, note: note,
      lastText: last.textContent, noteText: note.textContent,
      isCritical: last.classList.contains("crit"), plot: null
    });
  }

  function load(chart, from, to) {
    var address = new URL(chart.figure.dataset.series, location.href);
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    address.searchParams.set("unit", chart.figure.dataset.unit);
    chart.wanted = address.href;
    fetch(address, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return answer.json();
    }).then(function (series) {
      if (chart.wanted === address.href) {
        draw(chart, series, from, to);
      }
    }).catch(function () {
      /* What is there stays, with the times that it is of: a picture that is old says so itself. */
      chart.wanted = "";
    });
  }

  function draw(chart, series, from, to) {
    chart.series = series;
    chart.from = from;
    chart.to = to;
    chart.data = charts.withGaps(series);
    if (chart.plot) {
      chart.plot.destroy();
    }
    chart.picture.hidden = true;
    chart.place.hidden = false;
    chart.plot = new window.uPlot(charts.options(chart, measure(chart), {
      at: function (index) { tell(chart, index); }, range: zoom, back: back
    }), chart.data, chart.place);
    fill(chart);
  }

  function measure(chart) {
    return { width: chart.place.clientWidth, height: window.innerWidth >= 1600 ? 188 : 140 };
  }

  /* Under the cursor, the caption tells that moment; else what it told before. */
  function tell(chart, index) {
    var isThere = index !== null && index !== undefined && chart.data;
    chart.last.textContent = isThere
      ? charts.amount(chart.data[3][index], chart.series.unit) : chart.lastText;
    chart.note.textContent = isThere ? charts.instant(chart.data[0][index]) : chart.noteText;
  }

  /* The table under a chart is of the same time as the chart. */
  function fill(chart) {
    var rows = Array.from(chart.figure.querySelectorAll("details tbody tr"));
    var width = (chart.to - chart.from) / rows.length;
    rows.forEach(function (row, i) {
      var start = chart.from + i * width;
      var values = chart.series.values.filter(function (value, n) {
        var at = chart.series.times[n];
        return value !== null && at >= start && at < start + width;
      });
      var sum = values.reduce(function (total, value) { return total + value; }, 0);
      var figures = values.length ? [sum / values.length, Math.min.apply(null, values),
        Math.max.apply(null, values)] : [null, null, null];
      row.cells[0].textContent = charts.instant(start);
      figures.forEach(function (figure, n) {
        row.cells[n + 1].textContent = charts.amount(figure, chart.series.unit);
      });
    });
  }

  function zoom(u) {
    if (u.select.width < NARROWEST_ZOOM) {
      return;
    }
    var from = Math.floor(u.posToVal(u.select.left, "x"));
    var to = Math.ceil(u.posToVal(u.select.left + u.select.width, "x"));
    var address = new URL(location.href);
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    history.pushState({ from: from, to: to }, "", address);
    show({ from: from, to: to });
  }

  function isZoomed() {
    return Boolean(history.state && history.state.from);
  }

  function back() {
    if (isZoomed()) {
      history.back();
    }
    return null;
  }

  function first() {
    return { from: Number(figures[0].dataset.from), to: Number(figures[0].dataset.to) };
  }

  function show(range) {
    all.forEach(function (chart) { load(chart, range.from, range.to); });
  }

  function redraw() {
    all.forEach(function (chart) {
      if (chart.plot) {
        chart.plot.setSize(measure(chart));
        chart.plot.redraw();
      }
    });
  }

  figures.forEach(begin);
  show(isZoomed() ? history.state : first());
  window.addEventListener("popstate", function () { show(isZoomed() ? history.state : first()); });
  window.addEventListener("resize", redraw);
  ["(prefers-color-scheme: dark)", "print"].forEach(function (media) {
    window.matchMedia(media).addEventListener("change", redraw);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      back();
    }
  });
}(window.itopsCharts = window.itopsCharts || {}));
