import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gameHref, OPERATOR, parse, SCORES } from '../../../../broker/http/page/routes.js'

test('addresses lead to their views, and unknown ones to the scores', () => {
  assert.deepEqual(['', SCORES, OPERATOR, '#/nowhere', '#/game/', '#/game/nfl-den-nyj'].map(parse), [
    { view: 'scores' }, { view: 'scores' }, { view: 'operator' }, { view: 'scores' }, { view: 'scores' }, { view: 'game', game: 'nfl-den-nyj' }
  ])
})

test('a link to a game leads to it, whatever its name has in it', () => {
  for (const slug of ['nfl-den-nyj-2025-10-12', 'a/b?c#d', 'São Paulo 100%']) {
    assert.deepEqual(parse(gameHref({ pn_slug: slug, game_id: 'id' })), { view: 'game', game: slug })
  }
  assert.deepEqual(parse(gameHref({ pn_slug: null, game_id: '31853-24302' })), { view: 'game', game: '31853-24302' })
})

test('a name that was typed by hand is taken as it is', () => {
  assert.deepEqual(parse('#/game/100%'), { view: 'game', game: '100%' })
})
