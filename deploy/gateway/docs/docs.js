// Shows the OpenAPI document of each service in a Swagger UI of its own.
for (const service of ["catalog", "auth", "events"]) {
  SwaggerUIBundle({
    url: `/openapi/${service}.json`,
    domNode: document.getElementById(service),
    deepLinking: false,
    docExpansion: "list",
    validatorUrl: null,
    persistAuthorization: false,
  });
}
