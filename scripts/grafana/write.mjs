#!/usr/bin/env node
// Writes deploy/grafana/dashboards from dashboards.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dashboardFiles } from './json.mjs'

const folder = fileURLToPath(new URL('../../deploy/grafana/dashboards/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const { name, text } of dashboardFiles()) writeFileSync(folder + name, text)
