"use strict";
// Adds the visitor's own time beside ours, where the two differ.
(function () {
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelectorAll("time[data-local]").forEach(function (element) {
    var at = new Date(element.dateTime);
    var options = { weekday: "short", hour: "2-digit", minute: "2-digit" };
    var theirs = at.toLocaleString(document.documentElement.lang, options);
    options.timeZone = element.dataset.zone;
    if (theirs === at.toLocaleString(document.documentElement.lang, options)) return;
    options = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
    var note = document.createElement("span");
    note.className = "local";
    note.textContent = element.dataset.local.replace("{}", at.toLocaleString(document.documentElement.lang, options));
    element.after(note);
  });
})();
