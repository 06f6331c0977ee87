/** The errors of the relay; `main` shows their codes and ends. */
import { CodedError } from '@poruch/base'

/**
 * `bad-settings`: exit code 2 · `port-busy`, `address-unknown`: the address cannot be served · `data-unwritable`: the data folder ·
 * `bad-key`: a key file is damaged · `bad-log`: the database holds a log that no longer folds · `no-client`: nothing to serve ·
 * `bad-certificate`: TLS cannot begin · `audit-broken`: the audit chain is not whole · `no-database`: there is none to check.
 */
export class RelayError extends CodedError<
  | 'bad-settings'
  | 'port-busy'
  | 'address-unknown'
  | 'data-unwritable'
  | 'bad-key'
  | 'bad-log'
  | 'no-client'
  | 'bad-certificate'
  | 'audit-broken'
  | 'no-database'
> {}
