/** The browser judges every vector as Node does: the same tests, run in Chromium. */
import './ed25519.test.ts'
import './hpke.test.ts'
import './keys.test.ts'
import './merkle.test.ts'
import './padme.test.ts'
import './recovery-words.test.ts'
import './symmetric.test.ts'
import './wycheproof.test.ts'
