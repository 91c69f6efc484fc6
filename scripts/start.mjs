#!/usr/bin/env node
/** `npm start`: the main job. */
