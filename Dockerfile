# One image for the producer, the workers and the scheduler: docker-compose.yml starts each with its own command.

FROM node:20-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs/app/package.json libs/app/
COPY libs/jobs/package.json libs/jobs/
COPY libs/local/package.json libs/local/
COPY apps/cli/package.json apps/cli/
COPY apps/launcher/package.json apps/launcher/
COPY apps/producer/package.json apps/producer/
COPY apps/scheduler/package.json apps/scheduler/
COPY apps/workers/package.json apps/workers/

FROM manifests AS build
RUN npm ci --include=dev --ignore-scripts
COPY tsconfig.base.json ./
COPY libs libs
COPY apps apps
RUN npx tsc -b apps/producer apps/workers apps/scheduler

FROM manifests AS packages
RUN npm ci --omit=dev --ignore-scripts -w apps/producer -w apps/workers -w apps/scheduler

FROM node:20-bookworm-slim
ENV NODE_ENV=production SCUTWORK_DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=packages /app ./
COPY --from=build /app/libs/app/dist libs/app/dist
COPY --from=build /app/libs/jobs/dist libs/jobs/dist
COPY --from=build /app/apps/producer/dist apps/producer/dist
COPY --from=build /app/apps/scheduler/dist apps/scheduler/dist
COPY --from=build /app/apps/workers/dist apps/workers/dist
COPY docker/is-ready.mjs docker/
USER node
VOLUME /data
CMD ["node", "apps/producer/dist/main.js"]
