#!/bin/sh
# The peers of `npm run bench -- peers` and `slurm`: Snakemake from PyPI, Nextflow's jars from Maven Central, both pinned.
#   sh tests/bench/peers/engines-setup.sh [FOLDER]
# FOLDER defaults to $LYMPHLINE_ENGINE_PEERS, else tests/bench/peers/engines. Needs Python 3.11 or newer (PYTHON names one), Maven and Java 17.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${1:-${LYMPHLINE_ENGINE_PEERS:-$here/engines}}
mkdir -p "$home"
cd "$home"
"${PYTHON:-python3}" -m venv snakemake
snakemake/bin/pip install -q snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1
snakemake/bin/snakemake --version

# Maven Central has nf-lang only as 25.04.0 (four files differ from 25.04.4, none on the path measured), and lacks the trace library of a client that is not used here.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>peer</groupId><artifactId>nextflow</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.nextflow</groupId><artifactId>nextflow</artifactId><version>25.04.4</version>
      <exclusions>
        <exclusion><groupId>io.seqera</groupId><artifactId>lib-trace</artifactId></exclusion>
        <exclusion><groupId>io.nextflow</groupId><artifactId>nf-lang</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency><groupId>io.nextflow</groupId><artifactId>nf-lang</artifactId><version>25.04.0</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$home/nextflow"

# Nextflow's own launcher is one downloaded file; this is its class path with that launcher's JVM options.
cat > run-nextflow <<'RUN'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export NXF_VER=25.04.4 NXF_OFFLINE=true NXF_PLUGINS_DEFAULT=false NXF_ANSI_LOG=false NXF_DISABLE_CHECK_LATEST=true NXF_HOME="$here/home"
opens=
for package in java.lang java.io java.nio java.net java.util java.util.concurrent.locks java.util.concurrent.atomic java.nio.file.spi sun.nio.ch sun.nio.fs \
  sun.net.www.protocol.http sun.net.www.protocol.https sun.net.www.protocol.ftp sun.net.www.protocol.file jdk.internal.misc jdk.internal.vm java.util.regex; do
  opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done
exec java -Dfile.encoding=UTF-8 -Djava.awt.headless=true $opens -cp "$here/nextflow/*" nextflow.cli.Launcher "$@"
RUN
chmod +x run-nextflow
./run-nextflow -version | sed -n 's/.*version/Nextflow version/p'
