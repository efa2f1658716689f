#include "broker/embedded/dead_letters.hpp"

#include <string>

#include "base/dates.hpp"

namespace orderly::broker {

events::Message dead_letter(const events::Message& message, std::string_view project,
                            std::string_view subscription, std::int64_t attempts) {
  events::Message letter = message;
  letter.message_id.clear();
  letter.attributes.set(kDeadLetterAttempts, std::to_string(attempts));
  letter.attributes.set(kDeadLetterSubscription, std::string(subscription));
  letter.attributes.set(kDeadLetterProject, std::string(project));
  letter.attributes.set(kDeadLetterPublishTime, format_rfc3339(message.publish_time));
  return letter;
}

}  // namespace orderly::broker
