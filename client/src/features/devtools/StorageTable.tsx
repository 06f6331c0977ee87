/** The browser's storage, and how many rows of ours are in it. */
import type { Inspection } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { createResource } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { readStorage } from '../../app/storage.ts'
import { DataTable } from './DataTable.tsx'

export function StorageTable(props: { readonly inspection: Inspection | null }): JSX.Element {
  const i18n = useI18n()
  const [storage] = createResource(readStorage)
  const number = (value: number): string => new Intl.NumberFormat(i18n.language()).format(value)
  const rows = (): (readonly [string, string])[] => {
    const documents = props.inspection?.documents ?? []
    const envelopes = documents.flatMap(({ heads }) => heads).reduce((sum, { seq }) => sum + seq, 0)
    const state = storage.latest
    return [
      [i18n.t('devtools.used'), state ? number(state.usedBytes) : '–'],
      [i18n.t('devtools.quota'), state ? number(state.quotaBytes) : '–'],
      [i18n.t('devtools.kept'), i18n.t(state?.isKept === true ? 'devtools.yes' : 'devtools.no')],
      [i18n.t('devtools.topics'), number(documents.length)],
      [i18n.t('devtools.envelopes'), number(envelopes)],
      [i18n.t('devtools.records'), number(props.inspection?.log.records ?? 0)],
    ]
  }
  return (
    <DataTable
      caption={i18n.t('devtools.storage')}
      none={i18n.t('devtools.none')}
      columns={[{ label: i18n.t('devtools.what') }, { label: i18n.t('devtools.value'), isNumber: true }]}
      rows={rows()}
    />
  )
}
