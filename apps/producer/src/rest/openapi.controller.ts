import { Controller } from '@nestjs/common';
import { type OpenApi, describeApi } from '../openapi/describe';
import { RouteTable } from '../routes/route-table';
import { Route, route } from '../routes/route';

const getDescription = route({
  method: 'GET',
  path: '/openapi.json',
  role: 'viewer',
  tag: 'description',
  summary: 'This description',
  answer: { status: 200, says: 'OpenAPI 3.1', mediaTypes: ['application/json'] },
});

@Controller()
export class OpenApiController {
  private described: OpenApi | undefined;

  constructor(private readonly table: RouteTable) {}

  @Route(getDescription)
  get(): OpenApi {
    return (this.described ??= describeApi(this.table.routes));
  }
}
