import type { Page } from 'playwright-core';

/** The metrics of a vector, as the calculator's buttons name them. */
export async function chooseVector(page: Page, vector: string): Promise<void> {
  for (const part of vector.split('/').slice(1)) {
    const [metric, value] = part.split(':');
    await page.locator(`input[name="cvss_${metric}"][value="${value}"]`).check();
  }
}

/** Fills the triage form for a valid report, but for its last button. */
export async function fillTriage(page: Page, repository: string, vector: string): Promise<void> {
  await page.getByRole('radio', { name: /^Valid A vulnerability/ }).check();
  await page.getByLabel('Title').fill('Reset tokens can be guessed');
  await page
    .getByLabel('Description', { exact: true })
    .fill('Tokens of the password reset are made from the clock. Whoever knows the minute can guess them.');
  await page.locator('#repository_1').fill(repository);
  await page.locator('#ecosystem_1').selectOption('pip');
  await page.locator('#affected_1').fill('< 2026.12');
  await page.locator('#fixed_1').fill('2026.12');
  await chooseVector(page, vector);
}
