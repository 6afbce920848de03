// Shows each instant in the reader's own zone besides UTC. Without script the desk's zone stands there.
const local = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const { timeZone } = local.resolvedOptions();
for (const time of document.querySelectorAll('time[data-zone]')) {
  const at = new Date(time.dateTime);
  const place = time.querySelector('[data-local]');
  if (!place || Number.isNaN(at.getTime())) continue;
  place.textContent = `${local.format(at).replace(' at ', ', ')} (${timeZone})`;
}
