#!/usr/bin/env bash
# Read Armswatch's alerts from Kafka, with kcat and jq.
#
#   alert_reader.sh SERVERS TOPIC GROUP [OPTIONS OF KCAT ...]
#   alert_reader.sh broker:9092 armswatch.alerts.russia-dprk-arms desk
#
# Options of kcat are such as -F client.conf, a file of the client's settings, or -e, to end once it has read what there is.
# Prints level, headline and link of each alert, parted by tabs. kcat moves the group's place as it reads, so a line on its
# way to the end of the pipe may be lost when that is killed.
set -euo pipefail
servers=$1 topic=$2 group=$3
shift 3
kcat -b "$servers" -G "$group" -X isolation.level=read_committed -X auto.offset.reset=earliest -u -q "$@" "$topic" |
    jq --unbuffered -nrR '
        def one_line: gsub("[\\p{Cc}\\p{Cf}\\s]+"; " ") | sub("^ "; "") | sub(" $"; "");
        foreach (
            inputs | try fromjson catch empty
            | select(type == "object" and .dataschema == "urn:armswatch:schema:alert:1" and .id and .data)
        ) as $alert (
            {handled: {}};
            .again = .handled[$alert.id] | .handled[$alert.id] = true;
            select(.again | not) | $alert.data | [.level, .headline, .link] | map(one_line) | join("\t")
        )'
