// The key and the operator's token. They are this tab's alone: gone when it is closed, never in the page's address.

const KEY = 'books-relayer key'
const ADMIN_TOKEN = 'books-relayer admin token'

export const key = secret(KEY)
export const adminToken = secret(ADMIN_TOKEN)

function secret (name) {
  return {
    get: () => sessionStorage.getItem(name),
    set: (value) => sessionStorage.setItem(name, value),
    forget: () => sessionStorage.removeItem(name)
  }
}
