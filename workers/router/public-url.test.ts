import { expect, test } from 'vitest'

import { checkPublicUrl } from './public-url.ts'

const production = {}
const development = { ENVIRONMENT: 'development' }

test.each([
  'https://node.example.com',
  'https://node.example.com:8443/',
  'https://93.184.216.34',
  'https://172.32.0.1',
])('lets %s through', (target) => {
  expect(checkPublicUrl(target, production).origin).toBe(new URL(target).origin)
})

test.each([
  ['plain http', 'http://node.example.com'],
  ['another scheme', 'file:///etc/passwd'],
  ['no URL', 'node.example.com'],
  ['credentials', 'https://user:pass@node.example.com'],
  ['a path', 'https://node.example.com/base'],
  ['a query', 'https://node.example.com/?x=1'],
  ['loopback', 'https://127.0.0.1'],
  ['loopback by name', 'https://localhost'],
  ['loopback by a name below it', 'https://a.localhost'],
  ['loopback with a dot at the end', 'https://localhost.'],
  ['loopback in decimal', 'https://2130706433'],
  ['loopback in octal', 'https://0177.0.0.1'],
  ['loopback in hexadecimal', 'https://0x7f.1'],
  ['IPv6 loopback', 'https://[::1]'],
  ['IPv4 loopback in IPv6', 'https://[::ffff:127.0.0.1]'],
  ['a private IPv6', 'https://[fd00::1]'],
  ['10/8', 'https://10.1.2.3'],
  ['172.16/12', 'https://172.31.255.255'],
  ['192.168/16', 'https://192.168.0.1'],
  ["a cloud's metadata", 'https://169.254.169.254'],
  ['shared address space', 'https://100.64.0.1'],
  ['the unspecified address', 'https://0.0.0.0'],
  ['multicast', 'https://224.0.0.1'],
  ['broadcast', 'https://255.255.255.255'],
  ['a name without a domain', 'https://intranet'],
  ['a private address with dots at the end', 'https://10.0.0.1..'],
  ['loopback with dots at the end', 'https://localhost...'],
  ['an empty label', 'https://node..example.com'],
  ["a router's name", 'https://nas.lan'],
  ["a company's name", 'https://ci.corp.'],
  ['a default domain', 'https://host.localdomain'],
  ["a cluster's service", 'https://api.default.svc'],
  ["a home's name", 'https://tv.home'],
  ["an intranet's name", 'https://wiki.intranet..'],
  ['a local name', 'https://printer.local'],
  ["a cloud's internal name", 'https://metadata.google.internal'],
])('refuses %s', (_, target) => {
  expect(() => checkPublicUrl(target, production)).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  )
})

test('allows http to loopback in development, and nothing else more', () => {
  expect(checkPublicUrl('http://127.0.0.1:9000', development).port).toBe('9000')
  expect(checkPublicUrl('http://[::1]:9000', development).port).toBe('9000')
  for (const target of ['http://node.example.com', 'http://10.0.0.1', 'https://169.254.169.254']) {
    expect(() => checkPublicUrl(target, development)).toThrow('is refused')
  }
})

test('does not repeat the credentials it refuses', () => {
  expect(() => checkPublicUrl('https://user:hunter2@x.com', production)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  )
})
