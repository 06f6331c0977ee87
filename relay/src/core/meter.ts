/** What the relay counts of itself: names, codes and sums, never who or what. */

export type CounterName =
  | 'sessions_opened'
  | 'sessions_refused'
  | 'frames'
  | 'frames_paced'
  | 'appends'
  | 'refused'
  | 'bytes_in'
  | 'bytes_out'
  | 'commits'
  | 'lost'
  | 'requests'
  | 'throttled'

export type TimingName = 'ack_seconds' | 'commit_seconds' | 'commit_writes'

export interface Meter {
  /** `label`: a code or a frame's name. */
  count(name: CounterName, label?: string, by?: number): void
  observe(name: TimingName, value: number): void
}
