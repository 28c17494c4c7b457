"use strict";
// Counts the working time that is left down while the page is open.
(function () {
  var lang = document.documentElement.lang, loaded = performance.now();
  function unit(number, name) {
    return new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "long" }).format(number);
  }
  function words(seconds, least, inDays) {
    if (seconds < 60) return least;
    var minutes = Math.round(seconds / 60), days = inDays ? Math.floor(minutes / 1440) : 0;
    var hours = Math.floor((minutes - days * 1440) / 60), parts = [];
    if (days) parts.push(unit(days, "day"));
    if (hours) parts.push(unit(hours, "hour"));
    if (minutes % 60 && !days) parts.push(unit(minutes % 60, "minute"));
    return parts.join(" ");
  }
  function count(element) {
    var since = (performance.now() - loaded) / 1000, left = Number(element.dataset.left);
    element.dataset.open.split(" ").forEach(function (span) {
      var ends = span.split("-").map(Number);
      if (since > ends[0]) left -= Math.min(since, ends[1]) - ends[0];
    });
    var said = words(Math.abs(left), element.dataset.least, "days" in element.dataset);
    element.textContent = left < 0 ? element.dataset.over.replace("{}", said) : said;
  }
  function tick() {
    document.querySelectorAll("[data-open]").forEach(count);
  }
  setInterval(tick, 20000);
  document.addEventListener("visibilitychange", tick);
})();
