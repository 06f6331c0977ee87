/** `npm run play`: the page of the playground. */
import { render } from 'solid-js/web'
import '../app/app.css'
import './play.css'
import { Playground } from './Playground.tsx'
import { stories } from './stories.ts'

const root = document.getElementById('root')
if (root) render(() => <Playground stories={stories} />, root)
