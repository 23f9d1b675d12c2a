/** The one place that names TensorFlow.js; everything else imports it from here. */
export * from '@tensorflow/tfjs'
