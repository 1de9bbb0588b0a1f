/** `tidemark/rest`: the REST API over a session, as a web-standard handler to mount, or as a server of its own. */

export { createRestApp, type RestAppOptions, type Submission } from './app.ts'
export { type RestServer, type RestServerOptions, startRestServer } from './server.ts'
