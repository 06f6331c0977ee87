/** An invitation's link to copy or to scan; on the device that made it, whenever it is asked for. */
import { Button, Dialog, Field } from '@poruch/ui'
import type { InvitationView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, Suspense, createResource, createSignal, lazy } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import '../../app/qr/qr.css'
import type { MemberCommands } from './commands.ts'

const QrPicture = lazy(async () => ({ default: (await import('../../app/qr/QrPicture.tsx')).QrPicture }))

export function InvitationLink(props: { readonly link: string; readonly onClose: () => void }): JSX.Element {
  const i18n = useI18n()
  const [copied, setCopied] = createSignal<'yes' | 'failed' | null>(null)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.link)
      setCopied('yes')
    } catch {
      setCopied('failed')
    }
  }
  return (
    <>
      <Field label={i18n.t('invitations.link')} hint={i18n.t('invitations.linkHint')} value={props.link} readOnly />
      <Suspense>
        <QrPicture text={props.link} label={i18n.t('invitations.qr')} />
      </Suspense>
      <p role="status" class="soft">
        {copied() === 'yes' && i18n.t('invitations.copied')}
        {copied() === 'failed' && i18n.t('invitations.copyFailed')}
      </p>
      <div class="dialog-actions">
        <Button onClick={() => void copy()}>{i18n.t('invitations.copy')}</Button>
        <Button
          kind="primary"
          onClick={() => {
            props.onClose()
          }}
        >
          {i18n.t('action.done')}
        </Button>
      </div>
    </>
  )
}

export interface LinkDialogProps {
  readonly invitation: InvitationView
  readonly commands: Pick<MemberCommands, 'invitationLink'>
  readonly onClose: () => void
}

/** Of an invitation that was made before. */
export function LinkDialog(props: LinkDialogProps): JSX.Element {
  const i18n = useI18n()
  const [link] = createResource(async () => props.commands.invitationLink(props.invitation.id))
  return (
    <Dialog
      title={i18n.t('invitations.link')}
      onClose={() => {
        props.onClose()
      }}
    >
      <Show when={link.latest} fallback={<p>{link.loading ? '' : i18n.t('invitations.elsewhere')}</p>}>
        {(found) => <InvitationLink link={found()} onClose={() => props.onClose()} />}
      </Show>
    </Dialog>
  )
}
