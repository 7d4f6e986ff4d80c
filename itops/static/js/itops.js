/* What pages do beyond links and forms: single keys, and a word when the server does not answer.
   Everything works without it. Written for Chrome 109 and Firefox 115; no code from strings. */
(function () {
  "use strict";

  var GO_MS = 1500;
  var ROWS = "main .ls a.lk, main .t tbody th a, main .t tbody td:first-child a";
  var SENT_MS = 1500;
  var goneTo = -Infinity;
  var sentAt = new WeakMap();

  /* Where a key is text, or part of a longer shortcut or of a word being composed, it is not ours. */
  function isTyping(event) {
    var at = event.target;
    return event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
      at.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
  }

  function move(step) {
    var rows = Array.from(document.querySelectorAll(ROWS));
    var here = rows.indexOf(document.activeElement);
    var next = rows[here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step];
    if (next) {
      next.focus();
    }
  }

  function go(letter) {
    var link = document.querySelector('a[data-go="' + CSS.escape(letter) + '"]');
    if (link) {
      link.click();
    }
  }

  /* The one button of a page that takes what it shows: an alert, a ticket. */
  function take() {
    var button = document.querySelector('button[data-key="e"]');
    if (button) {
      button.click();
    }
  }

  function open(id) {
    location.hash = id;
    var opened = document.getElementById(id);
    if (opened) {
      opened.focus();
    }
  }

  function shut(event) {
    if (location.hash === "#keys" || location.hash === "#rest") {
      open("main");
    } else if (event.target.id === "q") {
      event.target.blur();
    }
  }

  var keys = {
    "/": function () { document.getElementById("q").focus(); },
    "?": function () { open("keys"); },
    j: function () { move(1); },
    k: function () { move(-1); },
    e: take
  };

  function pressed(event) {
    if (event.key === "Escape") {
      shut(event);
      return;
    }
    if (!("keys" in document.body.dataset) || isTyping(event)) {
      return;
    }
    var now = event.timeStamp;
    if (now - goneTo < GO_MS) {
      goneTo = -Infinity;
      go(event.key);
      event.preventDefault();
    } else if (event.key === "g") {
      goneTo = now;
    } else if (Object.prototype.hasOwnProperty.call(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  }

  /* One polite place speaks for all swaps; what stands there stays until the next answer. */
  function say(text) {
    var place = document.getElementById("spoken");
    if (place && place.textContent !== text) {
      place.textContent = text;
    }
  }

  function word(name) {
    var place = document.getElementById("spoken");
    return place ? place.dataset[name] : "";
  }

  /* The second click on a button that sends: the first is on its way. */
  function once(event) {
    var form = event.target;
    var now = event.timeStamp;
    if (form.method === "post" && now - (sentAt.get(form) || -Infinity) < SENT_MS) {
      event.preventDefault();
    } else {
      sentAt.set(form, now);
    }
  }

  document.addEventListener("keydown", pressed);
  document.addEventListener("submit", once);
  document.addEventListener("htmx:sendError", function () { say(word("lost")); });
  document.addEventListener("htmx:timeout", function () { say(word("lost")); });
  document.addEventListener("htmx:responseError", function () { say(word("failed")); });
  document.addEventListener("htmx:afterSwap", function (event) {
    var said = event.target.querySelector ? event.target.querySelector("[data-say]") : null;
    say(said ? said.dataset.say : "");
  });
}());
