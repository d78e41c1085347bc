// Portkey's gateway has no option for the address it listens on; loaded before it, this keeps it
// from being reachable from outside. Nothing else is changed.
const net = require('node:net')
const listen = net.Server.prototype.listen

net.Server.prototype.listen = function (port, ...rest) {
  const callbacks = rest.filter((argument) => typeof argument === 'function')
  return listen.call(this, port, '127.0.0.1', ...callbacks)
}
