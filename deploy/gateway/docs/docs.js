// One Swagger UI for each service's document, on one page.
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
