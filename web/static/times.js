"use strict";
// Adds the visitor's own time beside ours, where the two differ.
(function () {
  var page = document.documentElement.lang;
  var own = (navigator.languages || []).find(function (name) { return name.split("-")[0] === page; }) || page;
  document.querySelectorAll("time[data-local]").forEach(function (element) {
    var at = new Date(element.dateTime);
    var options = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    var theirs = at.toLocaleString(page, options);
    options.timeZone = element.dataset.zone;
    if (theirs === at.toLocaleString(page, options)) return;
    options = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
    var note = document.createElement("span");
    note.className = "local";
    note.textContent = element.dataset.local.replace("{}", at.toLocaleString(own, options));
    var name = element.nextElementSibling;
    (name && name.className === "zone" ? name : element).after(note);
  });
})();
