/* From where to where a chart goes, where its marks stand, and where nothing was measured. */
(function (charts) {
  "use strict";

  var MINUTE = 60, HOUR = 3600, DAY = 86400;
  var STEPS = [5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY,
    61 * DAY];
  /* A value is missing when the next one is this many steps away: one late report is no gap. */
  var LATE_STEPS = 2.5;

  function isKnown(value) {
    return value !== null && value !== undefined;
  }

  /* Without a null in it, the line would cross a gap. */
  charts.withGaps = function (series) {
    var late = LATE_STEPS * series.step;
    var out = [[], [], [], []];
    function add(at, low, high, value) {
      [at, low, high, value].forEach(function (each, n) {
        out[n].push(each === undefined ? null : each);
      });
    }
    series.times.forEach(function (at, i) {
      var before = out[0][out[0].length - 1];
      if (before !== undefined && at - before > late) {
        add(before + series.step);
      }
      add(at, (series.low || [])[i], (series.high || [])[i], series.values[i]);
    });
    return out;
  };

  charts.gaps = function (series, from, to) {
    var late = LATE_STEPS * series.step;
    var before = from;
    var found = [];
    series.times.concat(to).forEach(function (at, i) {
      var isEnd = i === series.times.length;
      if (!isEnd && !isKnown(series.values[i])) {
        return;
      }
      if (at - before > late) {
        found.push([before, at]);
      }
      before = at;
    });
    return found;
  };

  function roundUp(value, inBytes) {
    if (value <= 0) {
      return 1;
    }
    if (inBytes) {
      return Math.pow(2, Math.ceil(Math.log2(value)));
    }
    var power = Math.pow(10, Math.floor(Math.log10(value)));
    return [1, 2, 5, 10].map(function (step) { return step * power; }).find(function (round) {
      return round >= value;
    });
  }

  /* Percent from 0 to 100, a temperature on its own band, everything else from 0. */
  charts.scale = function (series) {
    var limits = (series.limits || []).map(function (limit) { return limit.value; });
    var seen = series.values.concat(series.low || [], series.high || [], limits).filter(isKnown);
    var top = seen.length ? Math.max.apply(null, seen) : 0;
    if (series.unit === "%") {
      return [0, 100];
    }
    if (series.unit === "°C") {
      return seen.length ? [Math.floor((Math.min.apply(null, seen) - 2) / 10) * 10,
        Math.ceil((top + 2) / 10) * 10] : [20, 50];
    }
    return [0, roundUp(top, charts.isBytes(series.unit))];
  };

  charts.middle = function (range) {
    return [range[0], (range[0] + range[1]) / 2, range[1]];
  };

  /* Round local times, counted from the first midnight. */
  charts.ticks = function (from, to, most) {
    var step = STEPS.find(function (each) {
      return (to - from) / each <= most;
    }) || 122 * DAY;
    var clock = charts.local(from).slice(11).split(":").map(Number);
    var found = [];
    for (var at = from - clock[0] * HOUR - clock[1] * MINUTE - clock[2]; at <= to; at += step) {
      if (at >= from) {
        found.push(at);
      }
    }
    return found;
  };
}(window.itopsCharts = window.itopsCharts || {}));
