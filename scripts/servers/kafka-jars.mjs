import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir, findExecutable, runToEnd } from './process.mjs'

// Not 4.3.0, 4.3.1 or 4.4.0: a crash can leave confirmed transactions without their markers there (KAFKA-20734).
export const defaultVersion = '4.2.2'

// The 4.4.0 pom names an artifact that Maven Central does not have; the broker runs without it.
const exclusions = (version) =>
  version.startsWith('4.4.')
    ? '<exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions>'
    : ''

const pom = (version) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>broker</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version>${exclusions(version)}</dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>${version}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
`

/** What is missing to run a broker here, or `null`. */
export function kafkaMissing(version = defaultVersion) {
  if (javaPath() === null) return 'java (17 or newer; PATH or JAVA_HOME)'
  if (!existsSync(jarFolder(version)) && findExecutable('mvn') === null) {
    return 'mvn (to fetch the broker from Maven Central once)'
  }
  return null
}

export function javaPath() {
  const home = process.env.JAVA_HOME
  if (home && existsSync(join(home, 'bin', 'java'))) return join(home, 'bin', 'java')
  return findExecutable('java')
}

const jarFolder = (version) => join(cacheDir(), 'kafka', version)

/** Folder with the broker's jars (about 44 MB), fetched with Maven the first time. */
export async function kafkaJars(version = defaultVersion) {
  const folder = jarFolder(version)
  if (existsSync(folder)) return folder
  const parent = join(cacheDir(), 'kafka')
  await mkdir(parent, { recursive: true })
  const work = await mkdtemp(join(parent, '.fetch-'))
  try {
    await writeFile(join(work, 'pom.xml'), pom(version))
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
    const args = ['-q', '-B', '-f', join(work, 'pom.xml'), goal, '-DincludeScope=runtime']
    await runToEnd('mvn', [...args, `-DoutputDirectory=${join(work, 'jars')}`], `Fetching Kafka ${version}`)
    // Renaming makes the folder appear whole; whoever else fetched it first has the same jars.
    await rename(join(work, 'jars'), folder).catch((error) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}
