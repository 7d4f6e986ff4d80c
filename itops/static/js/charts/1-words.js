/* How a chart writes amounts and times: as views/showing/formats.py and views/showing/axes.py do on the server. */
(function (charts) {
  "use strict";

  var DAY = 86400;
  var UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
  var place = document.getElementById("chart-words");

  /* Words and the hospital's zone come from the page; no sentence stands in a script. */
  charts.words = place ? place.dataset : null;
  if (!charts.words) {
    return;
  }

  /* "sv" writes 2026-11-23 10:06:00, always 24 hours. The zone is the hospital's, not the browser's. */
  var local = new Intl.DateTimeFormat("sv", {
    timeZone: charts.words.zone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit"
  });

  charts.local = function (epoch) {
    return local.format(new Date(epoch * 1000));
  };

  charts.instant = function (epoch) {
    return charts.local(epoch).slice(5, 16);
  };

  charts.time = function (epoch, span) {
    var text = charts.local(epoch);
    if (span <= 2 * DAY) {
      return text.slice(11, 16);
    }
    return span <= 120 * DAY ? text.slice(5, 10) : text.slice(0, 7);
  };

  charts.isBytes = function (unit) {
    return unit === "B" || unit === "B/s";
  };

  function size(value) {
    var step = 0;
    while (Math.abs(value) >= 999.5 && step < UNITS.length - 1) {
      value /= 1024;
      step += 1;
    }
    return value.toFixed(step && Math.abs(value) < 9.95 ? 1 : 0) + " " + UNITS[step];
  }

  /* What is not quite full is never rounded to a hundred. */
  function percent(value) {
    if (value > 99 && value < 100) {
      return Math.min(value, 99.9).toFixed(1) + " %";
    }
    return value.toFixed(value > 0 && value < 9.95 && value % 1 ? 1 : 0) + " %";
  }

  charts.amount = function (value, unit) {
    if (value === null || value === undefined) {
      return charts.words.unknown;
    }
    if (charts.isBytes(unit)) {
      return size(value) + unit.slice(1);
    }
    if (unit === "%") {
      return percent(value);
    }
    var decimals = value % 1 ? Math.abs(value) < 1 ? 2 : 1 : 0;
    return (value.toFixed(decimals) + " " + unit).trim();
  };
}(window.itopsCharts = window.itopsCharts || {}));
