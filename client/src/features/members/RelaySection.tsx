/** The workspace's relay: how it stands, and the way to another one that takes its place. */
import { Button, Dialog, DialogActions, Field, createView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConnectionView, Replica, RoleName } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { connectionWord } from '../../app/connection-words.ts'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { parseEntry } from '../../app/paths.ts'
import { ConnectionState } from '../../app/ConnectionState.tsx'
import { stewardText } from '../../app/steward-text.ts'

export interface RelaySectionProps {
  readonly connection: View<ConnectionView>
  readonly role: RoleName | 'none'
  /** How many owners the workspace has: a take-over is signed by more than half of them. */
  readonly owners: number
  readonly onMove: Replica['moveRelay']
  readonly onSteward: Replica['becomeSteward']
  /** The device is with the new relay: what stood on the screen is of the old one. */
  readonly onMoved: () => void
}

export function RelaySection(props: RelaySectionProps): JSX.Element {
  const i18n = useI18n()
  const connection = createView(() => props.connection)
  const [isMoving, setMoving] = createSignal(false)
  const [isLeaving, setLeaving] = createSignal(false)
  const isOwner = (): boolean => props.role === 'owner'
  return (
    <section class="page-section" aria-labelledby="workspace-relay">
      <h2 id="workspace-relay">{i18n.t('connection.relay')}</h2>
      <p class="connection-relay">
        <ConnectionState state={connectionWord(connection())} />
        <span>{connection().steward ? '' : connection().relay.origin}</span>
      </p>
      <Show when={connection().steward}>{(steward) => <p>{stewardText(i18n, steward())}</p>}</Show>
      <p class="soft">{i18n.t(isOwner() ? 'relay.ownerHint' : 'relay.memberHint')}</p>
      <Show when={isOwner()}>
        <p class="soft">{props.owners <= 1 ? i18n.t('relay.alone') : i18n.plural('relay.approvals', props.owners)}</p>
      </Show>
      <div class="section-actions">
        <Button onClick={() => setMoving(true)}>{i18n.t(isOwner() ? 'relay.move' : 'relay.follow')}</Button>
        <Show when={isOwner() && !connection().steward}>
          <Button onClick={() => setLeaving(true)}>{i18n.t('steward.begin')}</Button>
        </Show>
      </div>
      <Show when={isLeaving()}>
        <ConfirmDialog
          title={i18n.t('steward.title')}
          hint={i18n.t('steward.hint')}
          more={props.owners > 1 ? `${i18n.t('steward.loss')} ${i18n.t('owners.asked')}` : i18n.t('steward.loss')}
          confirm={i18n.t('steward.begin')}
          onConfirm={() => props.onSteward()}
          onClose={() => setLeaving(false)}
        />
      </Show>
      <Show when={isMoving()}>
        <MoveDialog
          origin={connection().relay.origin}
          isOwner={isOwner()}
          isAlone={props.owners <= 1}
          onMove={props.onMove}
          onMoved={props.onMoved}
          onClose={() => setMoving(false)}
        />
      </Show>
    </section>
  )
}

interface MoveDialogProps extends Pick<RelaySectionProps, 'onMove' | 'onMoved'> {
  readonly origin: string
  readonly isOwner: boolean
  readonly isAlone: boolean
  readonly onClose: () => void
}

function MoveDialog(props: MoveDialogProps): JSX.Element {
  const i18n = useI18n()
  const [link, setLink] = createSignal('')
  const secret = (): string | null => {
    const entry = parseEntry(link())
    return entry?.kind === 'setup' ? entry.secret : null
  }
  /** Browsers let a page talk to the address that it came from; another one is reached by opening it there. */
  const isElsewhere = (): boolean => secret() !== null && originOf(link()) !== props.origin
  const problem = (): string | undefined => {
    if (!props.isOwner || link() === '') return undefined
    if (secret() === null) return i18n.t('relay.badLink')
    return isElsewhere() ? i18n.t('relay.elsewhere', { origin: props.origin }) : undefined
  }
  const move = createAction(async () => {
    const setupSecret = secret()
    const outcome = await props.onMove({ origin: props.origin, ...(props.isOwner && setupSecret !== null ? { setupSecret } : {}) })
    if (outcome === 'ordered') props.onMoved()
    else props.onClose()
  })
  const canMove = (): boolean => !props.isOwner || (secret() !== null && !isElsewhere())
  return (
    <Dialog
      title={i18n.t(props.isOwner ? 'relay.move' : 'relay.follow')}
      onClose={() => {
        props.onClose()
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (canMove()) void move.run()
        }}
      >
        <p>{i18n.t(props.isOwner ? 'relay.moveText' : 'relay.followText', { origin: props.origin })}</p>
        <Show when={props.isOwner && !props.isAlone}>
          <p>{i18n.t('owners.asked')}</p>
        </Show>
        <Show when={props.isOwner}>
          <Field label={i18n.t('relay.link')} value={link()} error={problem()} autofocus onInput={setLink} />
        </Show>
        <ErrorLine code={move.code()} />
        <DialogActions
          cancel={i18n.t('action.cancel')}
          onCancel={() => props.onClose()}
          act={i18n.t(move.isBusy() ? 'relay.moving' : props.isOwner ? 'relay.move' : 'relay.follow')}
          isDisabled={move.isBusy() || !canMove()}
        />
      </form>
    </Dialog>
  )
}

function originOf(link: string): string | null {
  try {
    return new URL(link.trim()).origin
  } catch {
    return null
  }
}
