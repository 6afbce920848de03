// Shows each instant in the reader's own zone besides UTC. Without script the desk's zone stands there.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const zone = local.resolvedOptions().timeZone;
for (const time of document.querySelectorAll('time[data-zone]')) {
  const at = new Date(time.dateTime);
  const place = time.querySelector('[data-local]');
  if (place && !Number.isNaN(at.getTime())) place.textContent = `${local.format(at)} (${zone})`;
}
