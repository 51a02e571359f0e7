"""What is set where Java does a minute of work."""

# A Java that compiles everything as well as it can takes twice as long for that.
QUICK = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
