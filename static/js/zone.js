// Tells the server the reader's time zone, so that it can write times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes("certiflow-zone=" + encodeURIComponent(zone))) {
  document.cookie =
    "certiflow-zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; secure; samesite=lax";
}
