/** Names a new channel. */
import { Dialog, DialogActions, Field } from '@poruch/ui'
import type { ConversationId, Replica } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'

/** What a sidebar can show. */
const titleMaxCharacters = 80

export interface NewChannelDialogProps {
  readonly commands: Pick<Replica, 'createChannel'>
  readonly onCreated: (id: ConversationId) => void
  readonly onClose: () => void
}

export function NewChannelDialog(props: NewChannelDialogProps): JSX.Element {
  const i18n = useI18n()
  const [title, setTitle] = createSignal('')
  const action = createAction(async () => {
    props.onCreated(await props.commands.createChannel(title().trim()))
  })
  const create = async (): Promise<void> => {
    if (await action.run()) props.onClose()
  }
  return (
    <Dialog
      title={i18n.t('channel.title')}
      onClose={() => {
        props.onClose()
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void create()
        }}
      >
        <Field label={i18n.t('channel.name')} value={title()} maxLength={titleMaxCharacters} autofocus required onInput={setTitle} />
        <ErrorLine code={action.code()} />
        <DialogActions
          cancel={i18n.t('action.cancel')}
          onCancel={() => props.onClose()}
          act={i18n.t('channel.create')}
          isDisabled={action.isBusy() || title().trim() === ''}
        />
      </form>
    </Dialog>
  )
}
