/** The description of the API, made from its schemas: as a document for programs and as a page for people, served from here alone. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from "fastify-type-provider-zod";
import { z } from "zod";
import { version } from "../../core/version.ts";
import { tidyDocument } from "../http/openapi-document.ts";
import type { App } from "../http/typed-app.ts";

/**
 * The plugin's own policy lets in validator.swagger.io and styles from anywhere, and has browsers ask for https, so that the page
 * is blank wherever it is served without.
 */
const pagePolicy = [
  ...["default-src 'self'", "base-uri 'self'", "frame-ancestors 'none'", "object-src 'none'"],
  ...["img-src 'self' data:", "font-src 'self' data:", "form-action 'self'"],
].join("; ");

export async function docsRoutes(app: App): Promise<void> {
  // One per server: the plugin's own would describe the schemas of the first server of this process in all of them.
  const transformRoute = createJsonSchemaTransform({});
  const transformDocument = createJsonSchemaTransformObject({});
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Dubber",
        version: version(),
        description: "Speech and dubbing over HTTP: order now, ask later, or wait on the line.",
        license: { name: "MIT", identifier: "MIT" },
      },
      tags: [
        { name: "Speech", description: "Texts become sound." },
        { name: "Dubbing", description: "Videos speak another language." },
        { name: "Tasks", description: "What has become of an order." },
        { name: "Results", description: "What was made." },
        { name: "Voices", description: "Who can speak." },
        { name: "OpenAI", description: "The same voices for clients of OpenAI's API." },
        { name: "Server", description: "Whether it is well." },
      ],
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          key: { type: "apiKey", in: "header", name: "xi-api-key" },
        },
      },
      security: [{ bearer: [] }, { key: [] }, {}],
    },
    transform: transformRoute,
    transformObject: (document) => tidyDocument({ ...transformDocument(document) }),
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: {
      layout: "BaseLayout",
      docExpansion: "list",
      deepLinking: true,
      tryItOutEnabled: true,
    },
    theme: { title: "Dubber API" },
    staticCSP: pagePolicy,
  });
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    return reply
      .type("application/json")
      .serializer((document) => JSON.stringify(document))
      .send(app.swagger());
  });
  app.get(
    "/",
    {
      schema: {
        ...{ tags: ["Server"], summary: "What this is" },
        response: {
          200: z.object({
            name: z.string(),
            version: z.string(),
            docs: z.string(),
            openapi: z.string(),
          }),
        },
      },
    },
    async () => ({
      ...{ name: "Dubber", version: version() },
      ...{ docs: "/docs", openapi: "/openapi.json" },
    }),
  );
}
