// Fetches orders as there are any, and posts reports, many at once.
import { opener } from '/opening.js'

const REPORTS_IN_A_POST = 2000
const reports = []
let posting = false

async function post () {
  posting = true
  while (reports.length > 0) {
    await fetch('/reports', { method: 'POST', body: JSON.stringify(reports.splice(0, REPORTS_IN_A_POST)) })
  }
  posting = false
}

const open = opener(WebSocket, (report) => {
  reports.push(report)
  if (!posting) post()
})
for (;;) {
  const orders = await (await fetch('/orders')).json()
  orders.forEach(open)
}
