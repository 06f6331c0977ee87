/** End-to-end tests: the real relay process and real Chromium processes, one person each. */
import { defineConfig } from '@playwright/test'

/** A whole company in browsers on two slow cores; no expectation about speed, only an end. */
const testTimeoutMs = 240_000
const expectTimeoutMs = 30_000

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../.reports/e2e',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: testTimeoutMs,
  expect: { timeout: expectTimeoutMs },
  use: { actionTimeout: expectTimeoutMs },
  forbidOnly: true,
  reporter: [['list']],
})
