/** The one door to the sinks that can run code: with Trusted Types on, the browser asks here, and all but the app's own templates is refused. */

interface Policy {
  createHTML(html: string): string
}
interface Rules {
  createHTML(html: string): string | null
  createScriptURL(url: string): string | null
}
interface PolicyFactory {
  createPolicy(name: 'default', rules: Rules): Policy
}

let isTemplate = false

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes
const policy = factory?.createPolicy('default', {
  createHTML: (html) => (isTemplate ? html : null),
  // The service worker's address.
  createScriptURL: (url) => (new URL(url, location.href).origin === location.origin ? url : null),
})

/** For the templates that the compiler wrote, and for nothing else: the build puts it into the one place of Solid that makes elements of them. */
export function trustTemplate(html: string): string {
  if (!policy) return html
  isTemplate = true
  try {
    return policy.createHTML(html)
  } finally {
    isTemplate = false
  }
}
