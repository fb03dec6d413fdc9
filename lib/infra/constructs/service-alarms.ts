/**
 * Alarms of the deployed function. An answer of 5xx is a success to Lambda, so it has one of its own.
 */

import { Duration } from 'aws-cdk-lib';
import { Alarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

const period = Duration.minutes(5);

export class ServiceAlarms extends Construct {
  constructor(scope: Construct, id: string, fn: LambdaFunction, topicArn: string | undefined) {
    super(scope, id);
    const answered5xx = new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Url5xxCount',
      dimensionsMap: { FunctionName: fn.functionName },
      statistic: 'Sum',
      period,
    });
    const alarms = [
      this.alarm(
        'Errors',
        fn.metricErrors({ period }),
        'Requests crashed or ran into the timeout.',
      ),
      this.alarm(
        'Throttles',
        fn.metricThrottles({ period }),
        'Requests found no free concurrency.',
      ),
      this.alarm('Answered5xx', answered5xx, 'Requests were answered with a failure of ours.'),
    ];
    if (topicArn === undefined) return;
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', topicArn));
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }

  private alarm(id: string, metric: Metric, alarmDescription: string): Alarm {
    return new Alarm(this, id, {
      metric,
      alarmDescription,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
